/* A stand-in for Stripe.js, served by stripe_sandbox: not Stripe's, for tests and demos only. No real card goes in.
   The surface is Stripe's (https://docs.stripe.com/js) as far as paying with a Payment Element needs it. */
(() => {
  "use strict";
  if (window.Stripe) return;
  const origin = new URL(document.currentScript.src).origin;
  const SECRET = /^(pi|seti)_[A-Za-z0-9]+_secret_[A-Za-z0-9]+$/;
  const RETURNED = { payment: "paymentIntent", setup: "setupIntent" };
  let frames = 0;

  class IntegrationError extends Error {
    constructor(message) {
      super(message);
      this.name = "IntegrationError";
    }
  }

  const kindOf = (secret) => (secret.startsWith("seti_") ? "setup" : "payment");

  function requireSecret(secret, wanted, method) {
    if (typeof secret !== "string" || !SECRET.test(secret)) {
      throw new IntegrationError(`Invalid value for ${method}: clientSecret should be a client secret of the form \${id}_secret_\${secret}.`);
    }
    if (wanted && kindOf(secret) !== wanted) {
      throw new IntegrationError(`Invalid value for ${method}: you specified the client secret of another kind of intent.`);
    }
  }

  /* A frame of the sandbox's origin, spoken to through a channel that only it has. */
  function openFrame(name, title, parent, introduce, heard) {
    const iframe = document.createElement("iframe");
    const channel = new MessageChannel();
    const waiting = new Map();
    let asked = 0;
    iframe.name = `__stripeSandboxFrame${++frames}`;
    iframe.title = title;
    iframe.src = `${origin}/stripe-js/${name}.html`;
    iframe.setAttribute("allow", "payment *");
    iframe.style.border = "0";
    channel.port1.onmessage = ({ data }) => {
      if (data.answers === undefined) return heard(data);
      const settle = waiting.get(data.answers);
      waiting.delete(data.answers);
      if (settle) settle(data.result);
    };
    iframe.addEventListener("load", () => iframe.contentWindow.postMessage(introduce(), origin, [channel.port2]), {
      once: true,
    });
    parent.append(iframe);
    return {
      iframe,
      ask: (question, body) =>
        new Promise((resolve) => {
          waiting.set(++asked, resolve);
          channel.port1.postMessage({ id: asked, question, body });
        }),
      tell: (news, body) => channel.port1.postMessage({ news, body }),
      close: () => {
        channel.port1.close();
        iframe.remove();
      },
    };
  }

  function emitter() {
    const listeners = {};
    return {
      on(event, listener) {
        (listeners[event] = listeners[event] || []).push(listener);
      },
      off(event, listener) {
        listeners[event] = listener ? (listeners[event] || []).filter((each) => each !== listener) : [];
      },
      emit(event, payload) {
        for (const listener of (listeners[event] || []).slice()) listener(payload);
      },
    };
  }

  /* The Payment Element: an iframe with the fields, which leave it only towards the sandbox. */
  function paymentElement(stripe, group, options) {
    const { on, off, emit } = emitter();
    let frame = null;
    let loaded = null;
    let broken = null;

    const heard = ({ event, payload }) => {
      if (event === "height") frame.iframe.style.height = `${payload}px`;
      else if (event === "loaderror") {
        broken = payload;
        console.error(`Stripe.js (sandbox): ${payload.message}`);
        emit("loaderror", { elementType: "payment", error: payload });
        loaded(false);
      } else {
        if (event === "ready") loaded(true);
        emit(event, event === "ready" ? { elementType: "payment" } : { elementType: "payment", ...payload });
      }
    };

    const element = {
      mount(target) {
        const parent = typeof target === "string" ? document.querySelector(target) : target;
        if (!parent) {
          throw new IntegrationError(`The selector you specified (${target}) applies to no DOM elements that are currently on the page.`);
        }
        if (frame) element.unmount();
        broken = null;
        element.whenLoaded = new Promise((resolve) => (loaded = resolve));
        parent.replaceChildren();
        parent.classList.add("StripeElement");
        frame = openFrame(
          "element",
          "Secure payment input frame",
          parent,
          () => ({ ...stripe.identity, group: group.settings, options: options || {}, host: location.origin }),
          heard,
        );
        Object.assign(frame.iframe.style, { width: "100%", display: "block", height: "230px", colorScheme: "normal" });
        emit("loaderstart", { elementType: "payment" });
      },
      unmount() {
        if (!frame) return;
        frame.iframe.parentElement.classList.remove("StripeElement");
        frame.close();
        frame = null;
      },
      destroy() {
        element.unmount();
        group.elements.delete("payment");
      },
      on(event, listener) {
        on(event, listener);
        return element;
      },
      once(event, listener) {
        const first = (payload) => {
          off(event, first);
          listener(payload);
        };
        return element.on(event, first);
      },
      off(event, listener) {
        off(event, listener);
        return element;
      },
      update: (changes) => frame && frame.tell("update", { options: changes }),
      focus: () => frame && frame.tell("focus"),
      blur: () => frame && frame.iframe.blur(),
      clear: () => frame && frame.tell("clear"),
      collapse: () => frame && frame.tell("collapse"),
    };

    const ask = async (question, body) => {
      if (!frame) {
        throw new IntegrationError("We could not retrieve data from the specified Element. Please make sure the Element you are attempting to use is still mounted.");
      }
      if (!(await element.whenLoaded)) return { error: broken };
      return frame.ask(question, body);
    };
    return { element, ask, tell: (news, body) => frame && frame.tell(news, body) };
  }

  function elementsGroup(stripe, options) {
    const given = options || {};
    if (given.clientSecret !== undefined) requireSecret(given.clientSecret, null, "stripe.elements()");
    else if (given.mode === undefined) {
      throw new IntegrationError('In order to create a payment element, you must pass a clientSecret or a mode when creating the Elements group. e.g. stripe.elements({clientSecret: "{{CLIENT_SECRET}}"})');
    }
    if (given.clientSecret === undefined && given.mode !== "setup" && (!Number.isInteger(given.amount) || !given.currency)) {
      throw new IntegrationError("Invalid value for elements(): amount (in minor units) and currency are required with this mode.");
    }
    const group = { settings: { locale: stripe.locale, ...given }, elements: new Map(), submitted: false };
    const payment = () => {
      const found = group.elements.get("payment");
      if (!found) throw new IntegrationError("Elements has no Payment Element: create and mount one first.");
      return found;
    };
    const api = {
      create(type, elementOptions) {
        if (type !== "payment") throw new IntegrationError(`The sandbox's Stripe.js has no "${type}" element.`);
        if (group.elements.has(type)) throw new IntegrationError("Can only create one Payment Element.");
        const made = paymentElement(stripe, group, elementOptions);
        group.elements.set(type, made);
        return made.element;
      },
      getElement(type) {
        const found = group.elements.get(type);
        return found ? found.element : null;
      },
      update(changes) {
        Object.assign(group.settings, changes);
        for (const each of group.elements.values()) each.tell("update", { group: changes });
      },
      async fetchUpdates() {
        return {};
      },
      async submit() {
        const result = await payment().ask("submit");
        group.submitted = !result.error;
        return result;
      },
    };
    stripe.groups.set(api, { group, payment });
    return api;
  }

  /* The bank's question in a window above the page: passed, failed, or closed (which is a refusal). */
  function askBank(stripe, clientSecret) {
    return new Promise((resolve) => {
      const before = document.activeElement;
      const shade = document.createElement("div");
      Object.assign(shade.style, {
        position: "fixed", inset: "0", zIndex: "2147483647", background: "rgba(10,12,18,.6)", display: "grid",
        placeItems: "center", padding: "1rem",
      });
      const finish = () => {
        bank.close();
        shade.remove();
        if (before && before.focus) before.focus();
        resolve();
      };
      document.body.append(shade);
      const bank = openFrame(
        "challenge",
        "3D Secure authentication",
        shade,
        () => ({ ...stripe.identity, clientSecret }),
        ({ event }) => event === "done" && finish(),
      );
      Object.assign(bank.iframe.style, {
        width: "100%", maxWidth: "26rem", height: "100%", maxHeight: "19rem", borderRadius: ".75rem", background: "#fff",
      });
      bank.iframe.addEventListener("load", () => bank.iframe.focus(), { once: true });
    });
  }

  const closed = (kind, intent) => {
    const last = kind === "setup" ? intent.last_setup_error : intent.last_payment_error;
    const where = { [kind === "setup" ? "setup_intent" : "payment_intent"]: intent };
    if (last) return { error: { ...last, ...where } };
    return { error: { type: "invalid_request_error", code: `${kind}_intent_authentication_failure`, message: "We are unable to authenticate your payment method. Please choose a different payment method and try again.", ...where } };
  };

  /* From an intent that was confirmed to what Stripe.js answers: with the bank asked in between where it must be. */
  async function settle(stripe, clientSecret, result) {
    const kind = kindOf(clientSecret);
    if (result.error) return result;
    let intent = result.intent;
    if (intent.status === "requires_action" && intent.next_action.type === "use_stripe_sdk") {
      await askBank(stripe, clientSecret);
      const again = await stripe.controller().ask("retrieve", { clientSecret });
      if (again.error) return again;
      intent = again.intent;
      if (intent.status === "requires_payment_method") return closed(kind, intent);
    }
    if (intent.status === "requires_action" && intent.next_action.type === "redirect_to_url") {
      location.assign(intent.next_action.redirect_to_url.url);
      return new Promise(() => {});
    }
    return { [RETURNED[kind]]: intent };
  }

  const OUTCOMES = { succeeded: "succeeded", processing: "succeeded", requires_capture: "succeeded" };

  function leave(kind, intent, clientSecret, returnUrl) {
    const to = new URL(returnUrl, location.href);
    to.searchParams.set(`${kind}_intent`, intent.id);
    to.searchParams.set(`${kind}_intent_client_secret`, clientSecret);
    to.searchParams.set("redirect_status", OUTCOMES[intent.status] || "pending");
    location.assign(to.href);
    return new Promise(() => {});
  }

  async function confirm(stripe, kind, given) {
    const method = kind === "setup" ? "stripe.confirmSetup()" : "stripe.confirmPayment()";
    const { elements, confirmParams = {}, redirect = "always" } = given || {};
    const found = elements ? stripe.groups.get(elements) : null;
    const clientSecret = given.clientSecret || (found && found.group.settings.clientSecret);
    requireSecret(clientSecret, kind, method);
    if (elements && !found) throw new IntegrationError(`Invalid value for ${method}: elements should be an Elements object.`);
    if (redirect === "always" && !confirmParams.return_url) {
      throw new IntegrationError(`Invalid value for ${method}: confirmParams.return_url is required unless redirect is 'if_required'.`);
    }
    if (found && !found.group.settings.clientSecret && !found.group.submitted) {
      throw new IntegrationError(`elements.submit() must be called before ${method}.`);
    }
    if (!found && !confirmParams.payment_method) {
      throw new IntegrationError(`Missing parameter for ${method}: elements, or confirmParams.payment_method.`);
    }
    const body = { clientSecret, confirmParams };
    const result = await settle(stripe, clientSecret, found ? await found.payment().ask("confirm", body) : await stripe.controller().ask("confirm", body));
    if (result.error || redirect === "if_required") return result;
    return leave(kind, result[RETURNED[kind]], clientSecret, confirmParams.return_url);
  }

  window.Stripe = function Stripe(key, options = {}) {
    if (typeof key !== "string" || !key) {
      throw new IntegrationError("Please call Stripe() with your publishable key. You used an empty string.");
    }
    if (!key.startsWith("pk_")) throw new IntegrationError("Please call Stripe() with your publishable key. You used a secret key.");
    if (!key.startsWith("pk_test_")) throw new IntegrationError("This is the sandbox's Stripe.js: it takes test keys (pk_test_…) only.");
    let controller = null;
    const stripe = {
      identity: { key, account: options.stripeAccount || null },
      locale: options.locale || "auto",
      groups: new WeakMap(),
      controller() {
        if (!controller) {
          controller = openFrame("controller", "Stripe sandbox controller", document.body, () => stripe.identity, () => {});
          controller.iframe.setAttribute("aria-hidden", "true");
          controller.iframe.tabIndex = -1;
          Object.assign(controller.iframe.style, { position: "absolute", width: "1px", height: "1px", visibility: "hidden" });
        }
        return controller;
      },
    };
    const retrieve = async (clientSecret, kind, method) => {
      requireSecret(clientSecret, kind, method);
      const result = await stripe.controller().ask("retrieve", { clientSecret });
      return result.error ? result : { [RETURNED[kind]]: result.intent };
    };
    return {
      _registerWrapper() {},
      registerAppInfo() {},
      elements: (groupOptions) => elementsGroup(stripe, groupOptions),
      confirmPayment: (given) => confirm(stripe, "payment", given),
      confirmSetup: (given) => confirm(stripe, "setup", given),
      retrievePaymentIntent: (secret) => retrieve(secret, "payment", "stripe.retrievePaymentIntent()"),
      retrieveSetupIntent: (secret) => retrieve(secret, "setup", "stripe.retrieveSetupIntent()"),
      async handleNextAction({ clientSecret }) {
        requireSecret(clientSecret, null, "stripe.handleNextAction()");
        const found = await stripe.controller().ask("retrieve", { clientSecret });
        if (found.error) return found;
        if (found.intent.status !== "requires_action") {
          throw new IntegrationError("handleNextAction: The PaymentIntent or SetupIntent supplied is not in the requires_action state.");
        }
        return settle(stripe, clientSecret, found);
      },
    };
  };
  window.Stripe.version = 3;
})();
