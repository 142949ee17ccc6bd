/* The inside of an embed frame: it holds the session in memory, fetches pages with it and swaps their bodies in. */
(() => {
  "use strict";

  const shell = document.querySelector(".portal-shell");
  if (!shell) return;

  const { session: sessionUrl, home, alone, trouble, theme: themeUrl } = shell.dataset;
  const COLOURS = ["accent", "accent_dark", "ground", "surface", "ink", "muted", "line"];
  const LINK_ENDED = ["LinkEnded", "SharedLinkExpired", "LinkRevoked", "LinkUsedUp"];
  const SCHEMES = ["auto", "light", "dark"];
  const [, nonce, hostOrigin] = window.name.match(/^invoice-portal ([0-9a-f]{32}) (https?:\/\/[^\s/]+)$/) || [];
  if (window.parent === window || (!nonce && !alone)) {
    shell.classList.add("portal-told");
    return;
  }

  const realFetch = window.fetch.bind(window);
  const loaded = new Set(Array.from(document.scripts, (script) => script.src));
  const live = document.createElement("p");
  const waiting = new Map();
  const paid = new Set();
  let port = null;
  let who = null;
  let options = {};
  let token = "";
  let visitor = "";
  let here = alone || shell.dataset.page === undefined ? new URL(home, location.href) : new URL(location.href);
  let start = new URL(home, location.href);
  let landed = false;
  let posting = false;
  let loading = null;
  let leftForTab = false;
  let asked = 0;

  document.documentElement.classList.add("portal-expected");
  shell.hidden = true;
  live.className = "portal-unseen";
  live.setAttribute("role", "status");
  document.body.append(live);

  // Talking with the host's page

  const post = (message) => port && port.postMessage(message);
  const say = (text) => options.debug && post({ type: "say", text });
  const tell = (event, response = {}) => post({ type: "event", event, response });

  /** The host's answer; `otherwise` where the frame stands alone. */
  function question(message, otherwise) {
    if (!port) return Promise.resolve(otherwise);
    const id = ++asked;
    return new Promise((resolve) => {
      waiting.set(id, resolve);
      post({ ...message, id });
    });
  }

  const ask = (event, response = {}) => question({ type: "ask", event, response }, true);

  window.addEventListener("message", ({ source, origin, data, ports }) => {
    if (source !== window.parent || origin !== hostOrigin || !data) return;
    if (data.portal !== nonce || data.type !== "connect" || ports.length !== 1) return;
    if (port) port.close();
    [port] = ports;
    port.onmessage = ({ data }) => heed(data || {});
  });

  function heed(data) {
    if (data.type === "start" && data.who && data.options) beginNext(data.who, data.options);
    if (data.type === "answer" && waiting.has(data.id)) {
      waiting.get(data.id)(data.value);
      waiting.delete(data.id);
    }
  }

  // Coming in

  /** One after the other, and after what is being sent: a slow answer to one customer must not stand before the next. */
  let begun = Promise.resolve();
  let sending = null;
  function beginNext(given, wanted) {
    begun = begun.then(() => sending).then(() => doneOrAsking(begin(given, wanted)));
  }

  /** Counts what the host's page has set: what was asked for one customer is not answered for the next. */
  let turn = 0;

  async function begin(given, wanted) {
    const mine = ++turn;
    if (loading) loading.abort();
    posting = false;
    renewing = null;
    who = given;
    options = wanted;
    token = "";
    paint();
    try {
      if (await enter()) await show(landing(), { first: true });
    } catch (error) {
      say(`coming in failed: ${error}`);
      if (mine === turn) refuse({ type: "Unreachable", message: trouble, advice: "" });
    }
  }

  /** What the frame's own address holds, where it stands on a page without a script of ours. */
  function signature() {
    if (alone === "enter") return Object.fromEntries(new URLSearchParams(location.search));
    return { link: location.pathname };
  }

  /** Where to begin: at the page that was open before the frame was loaded anew, if there was one. */
  function landing() {
    const before = history.state && history.state.portal;
    return before && inside(new URL(before)) ? before : here.href;
  }

  /** Exchange the signature for a session. Nobody's signature: whoever is logged in at the portal's own site counts. */
  async function enter(again = false) {
    if (!who.link && !who.email && !who.customer_id && !who.identity) {
      say("no email, customer_id or identity was given: the login at the portal's own site counts");
      return true;
    }
    const mine = turn;
    const { language, actions } = options;
    const body = JSON.stringify({ ...who, ...(actions ? { actions } : {}) });
    const headers = { "Content-Type": "application/json", ...speaking(language) };
    const response = await realFetch(sessionUrl, { method: "POST", body, headers, credentials: "omit" });
    const answer = await response.json();
    if (mine !== turn) return false;
    if (response.ok) {
      ({ token, visitor } = answer);
      start = new URL(answer.start, location.href);
      if (!landed && shell.dataset.page === undefined) here = start;
      report(answer);
      return true;
    }
    const expired = answer.error.type === "LinkExpired" || answer.error.type === "SessionExpired";
    if (expired && !again && (await renew())) return enter(true);
    if (mine === turn) refuse(answer.error);
    return false;
  }

  function report(answer) {
    say(`came in; the session lasts ${answer.expires_in} seconds`);
    if (!answer.actions) return;
    const wanted = options.actions ? `asked for ${options.actions.join(", ")}` : "none left out by options.actions";
    say(`actions: ${answer.actions.join(", ")} (${wanted}; the server decides)`);
  }

  /** Ask the host's page for a fresh signature, once for everything that waits for it. */
  let renewing = null;
  function renew() {
    const mine = turn;
    say("the session has run out: asking the host's page for a fresh signature");
    asking.forEach((goOn) => goOn());
    renewing = renewing || question({ type: "expired" }, null).then((fresh) => {
      if (mine !== turn) return false;
      renewing = null;
      if (fresh) who = fresh;
      return Boolean(fresh);
    });
    return renewing;
  }

  /** While the host's page is asked for a signature nothing is taken, and its answer may be other settings. */
  const asking = new Set();
  function doneOrAsking(work) {
    return new Promise((goOn) => {
      asking.add(goOn);
      work.finally(() => {
        asking.delete(goOn);
        goOn();
      });
    });
  }

  function refuse({ type, message, advice, detail }) {
    const [heading, text] = [document.createElement("h1"), document.createElement("p")];
    heading.textContent = message;
    text.textContent = advice;
    const card = document.createElement("section");
    card.className = "portal-card portal-message";
    card.append(heading, text);
    if (shell.dataset.fresh && LINK_ENDED.includes(type)) card.append(freshLink());
    shell.replaceChildren(card);
    shell.hidden = false;
    shell.classList.add("portal-told");
    if (!shell.isConnected) document.body.replaceChildren(shell, live);
    document.documentElement.classList.remove("portal-expected");
    const hint = type === "SignatureRefused" ? " The hash or identity does not fit: run invoice-portal doctor." : "";
    post({ type: "refused", code: type, message: `${message}.${hint}${detail ? ` ${detail}` : ""}` });
    measure();
  }

  /** The page of the link itself, in a tab of its own, has a form that asks for a fresh one. */
  function freshLink() {
    const link = document.createElement("a");
    link.className = "portal-button";
    link.textContent = shell.dataset.fresh;
    Object.assign(link, { href: location.href, target: "_blank", rel: "noopener external" });
    return link;
  }

  // Fetching with the session

  const speaking = (language) => (language ? { "Portal-Language": language } : {});
  const prefix = new URL(home, location.href).pathname;
  const inside = (url) => url.origin === location.origin && url.pathname.startsWith(prefix);

  async function call(request, again = false) {
    const [mine, sender] = [turn, visitor];
    // A copy: what was sent cannot be sent once more where the session had ended.
    const sent = new Request(request.clone(), token ? { credentials: "omit" } : {});
    if (token) sent.headers.set("Authorization", `Bearer ${token}`);
    Object.entries(speaking(options.language)).forEach(([name, value]) => sent.headers.set(name, value));
    const response = await realFetch(sent);
    const ended = response.status === 401 && token && !again && mine === turn;
    if (ended && (await renew()) && (await enter(true))) {
      if (visitor === sender) return call(request, true);
      startOver();
    }
    notice(response);
    return response;
  }

  /** The host's page vouches for somebody else by now: what was asked for, and typed, is not theirs. */
  function startOver() {
    turn += 1;
    posting = false;
    show(start.href);
  }

  function notice(response) {
    const header = response.headers.get("Portal-Events");
    if (!header) return;
    JSON.parse(header).forEach(({ event, response: told }) => {
      // The page that says that something is paid may be looked at twice.
      if (event === "pay_invoice" && told.payment_intent && paid.has(told.payment_intent + told.status)) return;
      if (event === "pay_invoice") paid.add(told.payment_intent + told.status);
      // Shown once more after a visit to a tab, in another language or after a payment: it was open already.
      if (event === "select_invoice" && landed && named(here).invoice === told.invoice) return;
      if (event === "language_change") options = { ...options, language: told.language };
      tell(event, told);
    });
  }

  // Scripts of pages need not know that they are in a frame.
  window.fetch = (what, more) => {
    const request = new Request(what, more);
    return inside(new URL(request.url)) ? call(request) : realFetch(request);
  };

  // Going from page to page

  function show(target, how = {}) {
    const shown = load(target, how);
    if (posting) sending = doneOrAsking(shown);
    return shown;
  }

  async function load(target, { method = "GET", body, push = true, first = false, again = false, tab, label } = {}) {
    if (posting) return tab && tab.close();
    if (loading) loading.abort();
    loading = new AbortController();
    const { signal } = loading;
    posting = method !== "GET";
    document.body.setAttribute("aria-busy", "true");
    try {
      const request = new Request(target, { method, body, signal, headers: { "Portal-Frame": "1" } });
      const response = await call(request);
      const to = response.headers.get("Portal-Location");
      posting = false;
      if (to) return follow(new URL(to, target), { tab, label, push });
      // The page that was open before may be another customer's now.
      if (first && [403, 404].includes(response.status) && target !== start.href) return show(start.href, { first });
      if (await download(response, tab)) return;
      if (tab) tab.close();
      const html = await response.text();
      if (signal.aborted) return;
      if (!/^text\/html/.test(response.headers.get("Content-Type"))) throw new Error(`answered ${response.status}`);
      here = new URL(target, location.href);
      if (method === "GET") remember(push && !first);
      await swap(html, { first, again });
    } catch (error) {
      if (tab) tab.close();
      if (signal.aborted) return;
      say(`${target} failed: ${error}`);
      if (!landed) return refuse({ type: "Unreachable", message: trouble, advice: "" });
      complain();
    } finally {
      posting = false;
      document.body.removeAttribute("aria-busy");
    }
  }

  function follow(url, { tab, label, push }) {
    if (inside(url)) {
      if (tab) tab.close();
      return show(url.href, { push });
    }
    return leave(url, tab, label);
  }

  /** To another site's page, such as a PDF's or Stripe's, which cannot be framed: in a tab of its own. */
  function leave(url, tab, label) {
    const opened = tab || window.open("", "_blank");
    leftForTab = true;
    if (opened) {
      opened.opener = null;
      opened.location.replace(url.href);
      return;
    }
    const [row, link] = [document.createElement("p"), document.createElement("a")];
    row.className = "portal-banner";
    link.className = "portal-button";
    Object.assign(link, { href: url.href, target: "_blank", rel: "noopener", textContent: label });
    row.append(link);
    heading().before(row);
    link.focus();
  }

  async function download(response, tab) {
    const disposition = response.headers.get("Content-Disposition") || "";
    if (!/^attachment/.test(disposition)) return false;
    if (tab) tab.close();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await response.blob());
    link.download = (disposition.match(/filename="([^"]*)"/) || [])[1] || "";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    return true;
  }

  function remember(push) {
    const state = { portal: here.href };
    if (push) history.pushState(state, "");
    else history.replaceState(state, "");
  }

  function complain() {
    const old = document.querySelector(".portal-trouble");
    if (old) old.remove();
    const note = document.createElement("p");
    note.className = "portal-banner portal-trouble";
    note.setAttribute("role", "alert");
    note.textContent = trouble;
    heading().before(note);
    tell("error", { code: "Unreachable", message: trouble });
  }

  const heading = () => document.querySelector("main h1, .portal h1") || document.body.firstElementChild;

  async function swap(html, { first, again }) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const root = document.documentElement;
    for (const name of ["lang", "dir", "class"]) root.setAttribute(name, page.documentElement.getAttribute(name) || "");
    paint();
    document.title = page.title;
    page.querySelectorAll("link[rel=stylesheet]").forEach(({ href }) => {
      if (![...document.styleSheets].some((sheet) => sheet.href === href)) addStyle(href);
    });
    const scripts = [...page.querySelectorAll("script[src]")];
    page.querySelectorAll("script").forEach((script) => script.type.endsWith("json") || script.remove());
    for (const old of [...document.body.childNodes]) if (!stays(old)) old.remove();
    document.body.prepend(...page.body.childNodes);
    await Promise.all(scripts.map(addScript));
    document.dispatchEvent(new CustomEvent("portal:shown"));
    post({ type: "shown", title: document.title });
    measure();
    if (first) {
      if (!landed) tell("post_load", { title: document.title, language: root.lang });
      landed = true;
    } else if (!again) {
      announce();
      post({ type: "top" });
    }
  }

  /** What a script of Stripe's put beside the page works on: to move it would be to load it anew. */
  function stays(node) {
    return node === live || (node.nodeType === 1 && node.matches("iframe[name^=__privateStripe]"));
  }

  function addStyle(href) {
    const link = document.createElement("link");
    Object.assign(link, { rel: "stylesheet", href });
    document.head.append(link);
  }

  /** A script that came with a page runs once. One that does not load leaves its page without it. */
  function addScript({ src, type }) {
    if (loaded.has(src)) return null;
    loaded.add(src);
    return new Promise((done) => {
      const script = document.createElement("script");
      Object.assign(script, { src, type, async: false, onload: done, onerror: done });
      document.head.append(script);
    });
  }

  /** Where a new page would put the keyboard and the screen reader. */
  function announce() {
    const [mistakes, main] = [".portal-mistakes", "main"].map((one) => document.querySelector(one));
    const place = document.getElementById(here.hash.slice(1)) || mistakes || main || heading();
    if (!place.hasAttribute("tabindex")) place.tabIndex = -1;
    place.focus({ preventScroll: true });
    const notes = [...document.querySelectorAll(".portal [role=status], .portal [role=alert]")];
    live.textContent = [document.title, ...notes.map((note) => note.textContent.trim())].join(". ");
  }

  // What the visitor does

  const labelOf = (control) => (control ? control.getAttribute("aria-label") || control.textContent.trim() : "");

  /** Whether the host's page lets it happen; what asks first says so itself. */
  function allowed(element, target) {
    const event = element.dataset.portalBefore;
    return event ? ask(event, { ...named(target), ...JSON.parse(element.dataset.portalWith || "{}") }) : true;
  }

  /** The objects that an address names. */
  function named(target) {
    const found = {};
    for (const id of new URL(target).pathname.match(/(?:in|sub|pm)_\w+/g) || []) {
      found[{ in: "invoice", sub: "subscription", pm: "payment_method" }[id.split("_")[0]]] = id;
    }
    return found;
  }

  async function act(element, target, how, control) {
    const answer = allowed(element, target);
    if (answer !== true && !(await answer)) return element.removeAttribute("aria-busy");
    const tab = element.target === "_blank" ? window.open("", "_blank") : null;
    await show(target, { ...how, tab, label: labelOf(control) });
  }

  function click(event) {
    const link = event.target.closest && event.target.closest("a[href]");
    if (event.defaultPrevented || !link || link.relList.contains("external")) return;
    const written = link.getAttribute("href");
    if (written.startsWith("#") || !["", "_self", "_blank"].includes(link.target)) return;
    const url = new URL(written, here);
    if (inside(url)) {
      event.preventDefault();
      if (event.button < 2) act(link, url.href, {}, link);
    } else if (/^https?:$/.test(url.protocol)) {
      Object.assign(link, { target: "_blank", rel: "noopener" });
    }
  }

  function submit(event) {
    if (event.defaultPrevented) return;
    const { target: form, submitter } = event;
    const method = (form.getAttribute("method") || "get").toUpperCase();
    const written = (submitter && submitter.getAttribute("formaction")) || form.getAttribute("action") || here.href;
    const url = new URL(written, here);
    if (!inside(url)) return;
    event.preventDefault();
    const fields = new URLSearchParams(new FormData(form, submitter));
    if (method === "GET") url.search = fields;
    act(form, url.href, method === "GET" ? {} : { method, body: fields }, submitter);
  }

  // On the window, so that scripts of pages, which listen on the document, come first and may prevent it.
  window.addEventListener("click", click);
  window.addEventListener("auxclick", click);
  window.addEventListener("submit", submit);
  window.addEventListener("popstate", ({ state }) => {
    if (state && state.portal && state.portal !== here.href) show(state.portal, { push: false });
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible" || !leftForTab || !landed) return;
    leftForTab = false;
    show(here.href, { push: false, again: true });
  });
  document.addEventListener("portal:go", (event) => {
    const url = new URL(event.detail, here);
    event.preventDefault();
    if (inside(url)) show(url.href);
    else leave(url, null, url.host);
  });
  document.addEventListener("portal:event", ({ detail }) => tell(detail.event, detail.response));
  document.addEventListener("portal:ask", ({ detail }) => {
    detail.answer = ask(detail.event, detail.response);
  });

  // How it looks

  const paintSheet = document.createElement("link");
  paintSheet.rel = "stylesheet";

  function paint() {
    const theme = typeof options.theme === "object" && options.theme ? options.theme : { scheme: options.theme };
    SCHEMES.forEach((scheme) => {
      document.documentElement.classList.toggle("portal-" + scheme, theme.scheme === scheme);
    });
    const colours = new URLSearchParams();
    COLOURS.forEach((name) => {
      const [, digits] = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(theme[name]) || [];
      if (digits) colours.set(name, digits);
    });
    paintSheet.href = themeUrl + "?" + colours;
    if (String(colours)) document.head.append(paintSheet);
    else paintSheet.remove();
  }

  function measure() {
    post({ type: "height", value: document.body.getBoundingClientRect().height });
  }

  /** A window over the page, such as the bank's question, is in the middle of the frame: which must then be in view. */
  let covered = false;
  function look() {
    const over = [...document.body.children].some((child) => {
      const { position, visibility } = getComputedStyle(child);
      const { height, width } = child.getBoundingClientRect();
      return position === "fixed" && visibility !== "hidden" && height > innerHeight / 2 && width > innerWidth / 2;
    });
    if (over !== covered) post({ type: "cover", value: over });
    if (covered && !over) measure();
    covered = over;
  }

  new ResizeObserver(measure).observe(document.body);
  new MutationObserver(look).observe(document.body, { childList: true });

  if (nonce) window.parent.postMessage({ portal: nonce, type: "hello" }, hostOrigin);
  else beginNext(signature(), {});
})();
