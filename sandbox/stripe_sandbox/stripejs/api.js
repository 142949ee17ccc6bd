/* For all frames of the stand-in: how they hear from the page, and speak to the sandbox. */
(() => {
  "use strict";
  const OFFLINE = {
    type: "api_connection_error",
    message: "We are experiencing issues connecting to our payments provider. Please check your internet connection and try again.",
  };

  function encode(params, prefix) {
    const pairs = [];
    for (const [name, value] of Object.entries(params)) {
      if (value === undefined || value === null) continue;
      const full = prefix ? `${prefix}[${name}]` : name;
      if (typeof value === "object") pairs.push(...encode(value, full));
      else pairs.push(`${encodeURIComponent(full)}=${encodeURIComponent(value)}`);
    }
    return pairs;
  }

  async function send(path, options) {
    try {
      const answer = await fetch(path, { credentials: "omit", cache: "no-store", ...options });
      return await answer.json();
    } catch (error) {
      return { error: OFFLINE };
    }
  }

  /* The API, with the publishable key. */
  function call(identity, method, path, params) {
    const headers = { Authorization: `Bearer ${identity.key}` };
    if (identity.account) headers["Stripe-Account"] = identity.account;
    const encoded = encode(params || {}).join("&");
    if (method === "GET") return send(`${path}?${encoded}`, { method, headers });
    headers["Content-Type"] = "application/x-www-form-urlencoded";
    headers["Idempotency-Key"] = crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}${Math.random()}`;
    return send(path, { method, headers, body: encoded });
  }

  /* What the API has no call for. */
  function ask(identity, question, body) {
    return send(`/stripe-js/${question}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...identity, ...body }),
    });
  }

  const pathOf = (secret) => {
    const id = secret.split("_secret_")[0];
    return `/v1/${id.startsWith("seti_") ? "setup_intents" : "payment_intents"}/${id}`;
  };

  async function retrieve(identity, clientSecret) {
    const found = await call(identity, "GET", pathOf(clientSecret), { client_secret: clientSecret });
    return found.error ? found : { intent: found };
  }

  const PASSED_ON = ["return_url", "receipt_email", "setup_future_usage", "mandate_data"];

  async function confirm(identity, clientSecret, confirmParams, paymentMethod, more) {
    const given = Object.fromEntries(PASSED_ON.map((name) => [name, confirmParams[name]]));
    const params = { ...given, ...more, payment_method: paymentMethod, client_secret: clientSecret, use_stripe_sdk: true };
    const confirmed = await call(identity, "POST", `${pathOf(clientSecret)}/confirm`, params);
    return confirmed.error ? confirmed : { intent: confirmed };
  }

  /* Calls `begin(introduction, tell)` once the page has introduced itself; it gives what answers questions and news. */
  function meet(begin) {
    const hear = ({ data, ports, source }) => {
      if (source !== window.parent || !ports.length) return;
      window.removeEventListener("message", hear);
      const port = ports[0];
      const tell = (event, payload) => port.postMessage({ event, payload });
      const answers = begin(data, tell);
      port.onmessage = async ({ data: { id, question, news, body } }) => {
        if (news) return answers[news](body || {});
        port.postMessage({ answers: id, result: await answers[question](body || {}) });
      };
    };
    window.addEventListener("message", hear);
  }

  window.sandbox = { call, ask, confirm, retrieve, meet };
})();
