/* The Payment Element's frame: what is typed here goes to the sandbox and nowhere else. */
window.sandbox.meet((introduction, tell) => {
  "use strict";
  const { group, options, host, ...identity } = introduction;
  const $ = (id) => document.getElementById(id);
  const NAMES = { card: "Card", us_bank_account: "US bank account", sepa_debit: "SEPA Direct Debit" };
  const FIELDS = {
    card: ["number", "expiry", "cvc"],
    us_bank_account: ["routing", "account"],
    sepa_debit: ["iban"],
  };
  const OWNER = ["name", "email"];
  let asked = null;
  let touched = false;

  const digits = (id) => $(id).value.replace(/\D/g, "");
  const luhn = (number) =>
    [...number].reverse().reduce((sum, digit, at) => {
      const value = at % 2 ? Number(digit) * 2 : Number(digit);
      return sum + (value > 9 ? value - 9 : value);
    }, 0) % 10 === 0;

  const expiry = () => {
    const found = /^\s*(\d{1,2})\s*\/?\s*(?:20)?(\d{2})\s*$/.exec($("expiry").value);
    return found && { month: Number(found[1]), year: 2000 + Number(found[2]) };
  };

  const CHECKS = {
    number() {
      if (digits("number").length < 12) return ["incomplete_number", "Your card number is incomplete."];
      return luhn(digits("number")) ? null : ["invalid_number", "Your card number is invalid."];
    },
    expiry() {
      const found = expiry();
      if (!found) return ["incomplete_expiry", "Your card's expiration date is incomplete."];
      if (found.month < 1 || found.month > 12) return ["invalid_expiry_month_past", "Your card's expiration date is invalid."];
      const now = new Date(asked.now * 1000);
      const past = found.year * 12 + found.month < now.getUTCFullYear() * 12 + now.getUTCMonth() + 1;
      return past ? ["invalid_expiry_year_past", "Your card's expiration year is in the past."] : null;
    },
    cvc: () => (/^\d{3,4}$/.test($("cvc").value) ? null : ["incomplete_cvc", "Your card's security code is incomplete."]),
    routing: () => (digits("routing").length === 9 ? null : ["incomplete_routing_number", "Your routing number is incomplete."]),
    account: () => (digits("account").length >= 4 ? null : ["incomplete_account_number", "Your account number is incomplete."]),
    iban: () => ($("iban").value.replace(/\s/g, "").length >= 15 ? null : ["incomplete_iban", "Your IBAN is incomplete."]),
    name: () => ($("name").value.trim() ? null : ["incomplete_name", "Please provide your full name."]),
    email: () => (/^[^@\s]+@[^@\s]+$/.test($("email").value.trim()) ? null : ["incomplete_email", "Your email is incomplete."]),
  };

  const chosen = () => {
    const radio = document.querySelector("[name=method]:checked");
    return radio ? radio.value : asked.types[0];
  };
  const saved = () => asked.saved.find((each) => each.id === chosen());
  const typeOf = () => (saved() ? saved().type : chosen());
  const typedBank = () => typeOf() === "us_bank_account" && !$("bank").value;

  function fields() {
    if (saved()) return [];
    const type = chosen();
    const own = type === "us_bank_account" && !typedBank() ? [] : FIELDS[type];
    return type === "card" ? own : [...own, ...OWNER];
  }

  function show() {
    for (const type of Object.keys(FIELDS)) $(type).hidden = Boolean(saved()) || chosen() !== type;
    $("owner").hidden = Boolean(saved()) || chosen() === "card";
    $("typed").hidden = !typedBank();
    $("saving").hidden = !asked.save || Boolean(saved());
    tell("height", document.documentElement.offsetHeight + 4);
  }

  function changed() {
    const all = fields();
    const empty = all.every((id) => !$(id).value);
    const complete = all.every((id) => CHECKS[id]() === null);
    tell("change", { empty: empty && all.length > 0, complete, collapsed: false, value: { type: typeOf() } });
  }

  function complain(id, problem) {
    const place = $(`${id}-problem`);
    place.textContent = problem ? problem[1] : "";
    place.hidden = !problem;
    if (problem) $(id).setAttribute("aria-invalid", "true");
    else $(id).removeAttribute("aria-invalid");
  }

  function submit() {
    let first = null;
    for (const id of fields()) {
      const problem = CHECKS[id]();
      complain(id, problem);
      if (problem && !first) {
        first = { type: "validation_error", code: problem[0], message: problem[1] };
        $(id).focus();
      }
    }
    show();
    return first ? { error: first } : { selectedPaymentMethod: typeOf() };
  }

  function methodParams(redisplay) {
    const type = chosen();
    const params = { type, allow_redisplay: redisplay, billing_details: {} };
    if (type === "card") {
      const { month, year } = expiry();
      params.card = { number: digits("number"), exp_month: month, exp_year: year, cvc: $("cvc").value };
    } else if (type === "sepa_debit") params.sepa_debit = { iban: $("iban").value.replace(/\s/g, "") };
    else {
      params.us_bank_account = {
        routing_number: digits("routing"), account_number: digits("account"), account_holder_type: "individual",
      };
    }
    if (type !== "card") params.billing_details = { name: $("name").value.trim(), email: $("email").value.trim() };
    return params;
  }

  async function makeMethod() {
    const keeps = asked.save && $("save").checked;
    const redisplay = keeps ? "always" : asked.intent && asked.intent.setup_future_usage ? "limited" : "unspecified";
    const params = methodParams(redisplay);
    if (chosen() !== "us_bank_account" || typedBank()) {
      return window.sandbox.call(identity, "POST", "/v1/payment_methods", params);
    }
    return window.sandbox.ask(identity, "bank_account", { ...params, bank: $("bank").value });
  }

  async function confirm({ clientSecret, confirmParams }) {
    const checked = submit();
    if (checked.error) return checked;
    const kept = saved();
    const method = kept ? { id: kept.id } : await makeMethod();
    if (method.error) return method;
    const isSetup = clientSecret.startsWith("seti_");
    const saves = !kept && asked.save && $("save").checked && asked.save_usage && !isSetup;
    const usage = saves ? asked.save_usage : isSetup ? undefined : group.setupFutureUsage;
    return window.sandbox.confirm(identity, clientSecret, confirmParams, method.id, usage ? { setup_future_usage: usage } : {});
  }

  function offer(value, words) {
    const label = document.createElement("label");
    const radio = document.createElement("input");
    Object.assign(radio, { type: "radio", name: "method", value });
    label.append(radio, words);
    $("methods").append(label);
    return radio;
  }

  function look({ theme, variables = {} } = {}) {
    const root = document.documentElement;
    if (theme) root.dataset.theme = theme;
    const known = {
      colorPrimary: "--primary", colorBackground: "--background", colorText: "--text", colorDanger: "--danger",
      colorTextSecondary: "--muted", borderRadius: "--radius", fontFamily: "--font", fontSizeBase: "--size",
    };
    const ground = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(variables.colorBackground || "");
    if (ground) root.style.colorScheme = ground.slice(1).every((part) => Number(part) < 128) ? "dark" : "light";
    for (const [name, value] of Object.entries(variables)) {
      if (known[name]) root.style.setProperty(known[name], value);
    }
  }

  function speak(locale) {
    const wanted = !locale || locale === "auto" ? navigator.language : locale;
    document.documentElement.dataset.locale = wanted;
    document.documentElement.dir = /^(ar|fa|he|ur)\b/.test(wanted) ? "rtl" : "ltr";
  }

  function fill(found) {
    asked = found;
    for (const each of found.saved) offer(each.id, `${each.label} ···· ${each.last4}`);
    for (const type of found.types) if (NAMES[type]) offer(type, found.saved.length ? `New: ${NAMES[type]}` : NAMES[type]);
    const radios = [...document.querySelectorAll("[name=method]")];
    if (radios.length) radios[0].checked = true;
    $("methods").hidden = radios.length < 2;
    for (const [value, words] of Object.entries(found.banks)) $("bank").add(new Option(words, value));
    $("bank").add(new Option("Enter routing and account number", ""));
    $("routing").placeholder = found.routing_number;
    const details = (options.defaultValues || {}).billingDetails || {};
    for (const id of OWNER) $(id).value = details[id] || "";
    show();
    tell("ready");
    changed();
  }

  document.addEventListener("input", (event) => {
    if (event.target.id && CHECKS[event.target.id] && !CHECKS[event.target.id]()) complain(event.target.id, null);
    if (!touched) tell("focus", {});
    touched = true;
    show();
    changed();
  });
  $("form").addEventListener("submit", (event) => event.preventDefault());

  look(group.appearance);
  speak(group.locale);
  const question = {
    client_secret: group.clientSecret, customer_session: group.customerSessionClientSecret, currency: group.currency,
    setup_future_usage: group.setupFutureUsage, types: group.paymentMethodTypes,
    excluded_types: group.excludedPaymentMethodTypes,
  };
  window.sandbox.ask(identity, "element", question).then((found) => {
    if (found.error) tell("loaderror", found.error);
    else if (!found.types.some((type) => NAMES[type])) tell("loaderror", { type: "invalid_request_error", message: "No payment method is available." });
    else fill(found);
  });

  return {
    submit,
    confirm,
    update: ({ options: changes, group: settings }) => {
      Object.assign(options, changes || {});
      Object.assign(group, settings || {});
      look(group.appearance);
    },
    focus: () => ($(fields()[0] || "form").focus || (() => {})).call($(fields()[0] || "form")),
    clear: () => {
      $("form").reset();
      for (const id of fields()) complain(id, null);
      show();
    },
    collapse: () => {},
  };
});
