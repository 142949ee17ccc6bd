import { Payment } from "./payment.js";
import { Portal } from "./portal.js";

const portal = new Portal(async () => (await fetch("/billing-identity")).json());
const at = (id) => document.getElementById(id);
let shown = null;

function part(name, text, className = "") {
  const element = document.createElement(name);
  element.textContent = text;
  element.className = className;
  return element;
}

/** Runs what a click asks for, and says what went wrong where it did. */
async function trying(work) {
  at("problem").hidden = true;
  try {
    await work();
  } catch (error) {
    at("problem").textContent = error.message;
    at("problem").hidden = false;
  }
}

async function list({ after = "" } = {}) {
  const page = await portal.read("/invoices", { status: at("filter").elements.status.value, after });
  if (!after) at("invoices").replaceChildren();
  at("invoices").append(...page.invoices.map(row));
  const due = page.to_pay?.amounts.map((amount) => amount.text).join(" + ");
  at("due").textContent = due ? `To pay: ${due}` : "Nothing to pay.";
  at("older").hidden = !page.older;
  at("older").onclick = () => trying(() => list({ after: page.older }));
}

function row(invoice) {
  const item = document.createElement("li");
  const button = part("button", invoice.number ?? invoice.subject, "number");
  button.onclick = () => trying(() => open(invoice.id));
  item.append(button, part("span", invoice.issued), part("span", invoice.badge.text, invoice.badge.tone));
  item.append(part("b", invoice.total.text));
  return item;
}

async function open(id) {
  shown = await portal.read(`/invoices/${id}`);
  at("title").textContent = shown.title;
  at("totals").replaceChildren(
    ...shown.totals.flatMap(({ name, amount }) => [part("dt", name), part("dd", amount.text)]),
  );
  at("history").replaceChildren(...shown.history.map(({ date, text }) => part("li", `${date}: ${text}`)));
  at("pdf").hidden = !shown.invoice.can_download;
  at("pay").hidden = !shown.invoice.can_pay;
  at("invoice").showModal();
}

at("filter").onchange = () => trying(() => list());
at("close").onclick = () => at("invoice").close();
at("pdf").onclick = () =>
  trying(async () => {
    // The address opens the document without a login: it is asked for at the click, and not kept.
    location.href = (await portal.read(`/invoices/${shown.invoice.id}/pdf`)).url;
  });

// Paying stands on the page and not in the dialog: the bank's window must come before everything.

let payment = null;

async function pay(id) {
  payment = new Payment(portal, id);
  const { amount, methods, waiting } = await payment.look();
  if (!amount) return finish("There is nothing left to pay.");
  at("invoice").close();
  at("amount").textContent = `To pay now: ${amount.text}`;
  at("said").textContent = waiting?.text ?? "";
  const usable = (methods ?? []).filter((method) => method.usable);
  at("saved").hidden = !usable.length;
  at("methods").replaceChildren(...usable.map(({ id, name }) => new Option(name, id)));
  at("new").hidden = true;
  at("paying").hidden = false;
  const begun = await payment.mount("#element");
  at("said").textContent ||= begun.text;
  at("new").hidden = begun.status !== "ready";
}

/** One step at a time: a second click waits for the first one's answer. */
async function take(step) {
  const buttons = at("paying").querySelectorAll("button");
  buttons.forEach((button) => (button.disabled = true));
  await trying(async () => {
    const { status, text } = await step();
    at("said").textContent = text;
    if (["paid", "processing", "nothing"].includes(status)) await finish(text);
    if (status === "changed") await pay(payment.invoice);
  });
  buttons.forEach((button) => (button.disabled = false));
}

async function finish(text) {
  at("paying").hidden = true;
  at("invoice").close();
  at("ended").textContent = text;
  await list();
}

at("pay").onclick = () => trying(() => pay(shown.invoice.id));
at("stop").onclick = () => (at("paying").hidden = true);
at("saved").onsubmit = (event) => {
  event.preventDefault();
  take(() => payment.withSaved(at("methods").value));
};
at("new").onsubmit = (event) => {
  event.preventDefault();
  take(() => payment.withNew());
};

/** Back from a bank's page: how it stands is asked, and the address cleaned of what Stripe added to it. */
async function cameBack() {
  const { invoice, paying } = Object.fromEntries(new URLSearchParams(location.search));
  if (!paying) return;
  history.replaceState(null, "", location.pathname);
  at("ended").textContent = (await new Payment(portal, invoice).result(paying)).text;
}

trying(() => cameBack().then(() => list()));
