/** A Svelte action: `<div use:invoicePortal={{ url, email, hash, options, handleResponse, failed }}></div>`. */
export function invoicePortal(element, given) {
  let portal = null;
  let gone = false;

  async function show({ failed, ...settings }) {
    try {
      // The portal's own script, from the portal: so that it is always the version that the portal speaks.
      portal = await import(/* @vite-ignore */ `${settings.url}/embed.mjs`);
      if (!gone) await portal.update(element, settings);
    } catch (error) {
      if (!gone) failed?.(error);
    }
  }

  show(given);
  return {
    update: show,
    destroy() {
      gone = true;
      portal?.unmount(element);
    },
  };
}
