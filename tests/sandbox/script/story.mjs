// The same story as story.py, told with Stripe's SDK for Node. Prints one JSON line of what was answered.
import Stripe from "stripe";

const [host, port, key] = [process.argv[2], process.argv[3], "sk_test_story"];
const stripe = new Stripe(key, { host, port, protocol: "http", telemetry: false, maxNetworkRetries: 0 });
const told = [];
const tell = (name, value) => told.push([name, value]);
const refused = async (name, call) => {
  try {
    await call();
    tell(name, "was not refused");
  } catch (error) {
    tell(name, [error.statusCode, error.rawType, error.code ?? null, error.param ?? null, error.decline_code ?? null, error.message]);
  }
};

const customer = await stripe.customers.create({
  email: "jenny+é&=@example.com",
  name: "Jenny Rösén 🙂",
  address: { line1: "1 Main St", country: "DE" },
  preferred_locales: ["de", "en"],
  metadata: { "a key": "a [value]", "b": "2" },
  payment_method: "pm_card_visa",
  tax_id_data: [{ type: "eu_vat", value: "DE123456789" }],
});
tell("customer", customer);
tell("updated", await stripe.customers.update(customer.id, { metadata: { b: "" }, phone: "" }));
const [method] = (await stripe.paymentMethods.list({ customer: customer.id })).data;
const price = await stripe.prices.create({
  currency: "usd",
  recurring: { interval: "month" },
  product_data: { name: "Team plan" },
  billing_scheme: "tiered",
  tiers_mode: "graduated",
  tiers: [{ up_to: 5, unit_amount: 1000 }, { up_to: "inf", unit_amount_decimal: "812.5" }],
  expand: ["tiers"],
});
tell("price", price.tiers.map((tier) => [tier.up_to, tier.unit_amount, tier.unit_amount_decimal?.toString() ?? null]));
const subscription = await stripe.subscriptions.create({
  customer: customer.id,
  items: [{ price: price.id, quantity: 7 }],
  default_payment_method: method.id,
  expand: ["latest_invoice.payments"],
});
tell("subscription", [subscription.status, subscription.latest_invoice.total, subscription.latest_invoice.payments.data.length]);
for (let amount = 1; amount <= 25; amount += 1) {
  await stripe.invoiceItems.create({ customer: customer.id, currency: "usd", amount: amount * 100 });
}
const draft = await stripe.invoices.create({ customer: customer.id, pending_invoice_items_behavior: "include", default_payment_method: method.id });
tell("draft", [draft.total, draft.lines.has_more, draft.lines.data.length]);
const items = [];
for await (const line of stripe.invoices.listLineItems(draft.id, { limit: 7 })) items.push(line.amount);
tell("lines", items);
await stripe.invoices.finalizeInvoice(draft.id);
const paid = await stripe.invoices.pay(draft.id, { expand: ["payments.data.payment.payment_intent"] });
tell("paid", [paid.status, paid.number, paid.payments.data[0].payment.payment_intent.status]);
const note = await stripe.creditNotes.create({ invoice: draft.id, amount: 500, refund_amount: 300, credit_amount: 200 });
tell("note", [note.type, note.total, note.refunds.length]);
const key1 = { idempotencyKey: "once" };
const first = await stripe.customers.create({ name: "Once" }, key1);
const again = await stripe.customers.create({ name: "Once" }, key1);
tell("once", first.id === again.id);
await refused("other use", () => stripe.customers.create({ name: "Twice" }, key1));
await refused("missing", () => stripe.invoices.retrieve("in_none"));
await refused("unknown", () => stripe.customers.create({ nmae: "x" }));
await refused("ill-typed", () => stripe.customers.list({ limit: 1000 }));
await refused("key", () => stripe.customers.list({}, { apiKey: "sk_live_secret" }));
await refused("account", () => stripe.customers.list({}, { stripeAccount: "acct_none" }));
const bad = await stripe.customers.create({ payment_method: "pm_card_chargeCustomerFail" });
const [badMethod] = (await stripe.paymentMethods.list({ customer: bad.id })).data;
await refused("declined", () =>
  stripe.paymentIntents.create({ amount: 900, currency: "usd", customer: bad.id, payment_method: badMethod.id, confirm: true, payment_method_types: ["card"] }),
);
const found = await stripe.customers.search({ query: 'name~"rös" AND metadata["a key"]:"a [value]"' });
tell("found", [found.data.map((each) => each.id), found.has_more, found.next_page]);
const created = [];
for await (const each of stripe.customers.list({ limit: 2, created: { gte: 0 } })) created.push(each.id);
tell("customers", created);
tell("events", [...new Set((await stripe.events.list({ limit: 100 })).data.map((event) => event.type))].sort());
tell("deleted", await stripe.customers.del(first.id));
console.log(JSON.stringify(told));
