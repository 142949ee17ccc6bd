// Paying one invoice, step by step. What decides is the portal's answer, never what Stripe's script reports.

let script = null;

/** Stripe's script, from Stripe and never from our own server, when it is needed. */
async function stripeOf({ url, publishable_key, account }) {
  script ??= new Promise((onload, onerror) => {
    document.head.append(Object.assign(document.createElement("script"), { src: url, onload, onerror }));
  });
  await script;
  return window.Stripe(publishable_key, account ? { stripeAccount: account } : {});
}

export class Payment {
  constructor(portal, invoice) {
    this.portal = portal;
    this.invoice = invoice;
  }

  #send(step, body = {}) {
    return this.portal.send(`/invoices/${this.invoice}/pay/${step}`, body);
  }

  /** What there is to pay, and with what: show the amount, and keep the statement for the button. */
  async look() {
    this.choices = await this.portal.read(`/invoices/${this.invoice}/payment`);
    return this.choices;
  }

  /** Where the customer's bank asks, it asks on this page. */
  async withSaved(method) {
    const step = await this.#send("saved", { statement: this.choices.statement, method });
    return step.status === "action" ? this.withBank() : step;
  }

  async withBank() {
    const { status, text, stripe } = await this.#send("bank");
    if (status !== "ready") return { status, text };
    const library = await stripeOf(this.choices.stripe);
    await library.handleNextAction({ clientSecret: stripe.client_secret });
    return this.result(stripe.paying);
  }

  /** Stripe's fields, in a place of the page. Nothing is paid by that. */
  async mount(place) {
    const begun = await this.#send("new", { statement: this.choices.statement });
    if (!begun.stripe) return begun;
    this.paying = begun.stripe.paying;
    this.stripe = await stripeOf(this.choices.stripe);
    this.elements = this.stripe.elements({
      clientSecret: begun.stripe.client_secret,
      customerSessionClientSecret: begun.stripe.session_secret ?? undefined,
    });
    this.elements.create("payment").mount(place);
    return begun;
  }

  async withNew() {
    const { error: incomplete } = await this.elements.submit();
    if (incomplete) return { status: "failed", text: incomplete.message };
    // The last word before the money is taken: nothing else is under way, and the amount is still the one shown.
    const { statement } = this.choices;
    const check = await this.#send("check", { statement, paying: this.paying });
    if (check.status !== "ready") return check;
    const back = new URL(location.pathname, location.href);
    back.search = new URLSearchParams({ invoice: this.invoice, paying: this.paying });
    const { error } = await this.stripe.confirmPayment({
      elements: this.elements,
      confirmParams: { return_url: back.href },
      redirect: "if_required",
    });
    return this.result(this.paying, error?.type === "api_connection_error");
  }

  /** How it stands; also for a page that a bank has sent back to. */
  result(paying, lost = false) {
    return this.#send("result", { paying, lost });
  }
}
