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
  at("invoice").showModal();
}

at("filter").onchange = () => trying(() => list());
at("close").onclick = () => at("invoice").close();
at("pdf").onclick = () =>
  trying(async () => {
    // The address opens the document without a login: it is asked for at the click, and not kept.
    location.href = (await portal.read(`/invoices/${shown.invoice.id}/pdf`)).url;
  });
trying(() => list());
