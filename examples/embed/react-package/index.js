import { createElement, useEffect, useRef } from "react";

/** The portal's own script, as a module, from the portal: so that it is always the version that the portal speaks. */
const load = (url) => import(/* @vite-ignore */ /* webpackIgnore: true */ `${url.replace(/\/$/, "")}/embed.mjs`);

export function InvoicePortal({ url, onEvent, onError, className, ...settings }) {
  const place = useRef(null);
  const heard = useRef({});
  heard.current = { onEvent, onError };
  const given = JSON.stringify(settings);

  useEffect(() => {
    let gone = false;
    load(url)
      .then((portal) => {
        if (gone) return undefined;
        const handleResponse = (message) => heard.current.onEvent?.(message);
        return portal.update(place.current, { ...JSON.parse(given), url, handleResponse });
      })
      .catch((error) => {
        if (!gone) heard.current.onError?.(error);
      });
    return () => {
      gone = true;
    };
  }, [url, given]);

  useEffect(() => {
    const element = place.current;
    return () => {
      load(url).then((portal) => portal.unmount(element), () => {});
    };
  }, [url]);

  return createElement("div", { ref: place, className });
}
