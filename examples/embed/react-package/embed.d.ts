/** Types of Invoice Portal's `embed.js` (window.InvoicePortal) and `embed.mjs`. */

export type Action = "view" | "download" | "pay" | "manage";

export interface Theme {
  scheme?: "auto" | "light" | "dark";
  /** Colours as `#rgb` or `#rrggbb`. */
  accent?: string;
  accent_dark?: string;
  ground?: string;
  surface?: string;
  ink?: string;
  muted?: string;
  line?: string;
}

export interface Options {
  /** A BCP 47 tag. It goes before the browser's language and the server's default. */
  language?: string;
  theme?: Theme["scheme"] | Theme;
  /** The only actions offered, of those that the server allows. It cannot add any. */
  actions?: Action[];
  /** The name of the iframe for screen readers; else the title of the page in it. */
  title?: string;
  /** Say in the console what happens. */
  debug?: boolean;
}

/** Amounts are in minor units of their currency. */
export interface Payment {
  invoice?: string;
  customer?: string;
  amount?: number;
  currency?: string;
  [detail: string]: unknown;
}

export interface About {
  subscription?: string;
  customer?: string;
  [detail: string]: unknown;
}

/** What each event carries. */
export interface Responses {
  pre_load: { url: string; who: Record<string, string>; options: Options };
  post_load: { title: string; language: string };
  select_invoice: { invoice: string; customer?: string };
  download_invoice: { invoice?: string; credit_note?: string; customer?: string };
  pre_pay: Payment;
  pay_invoice: Payment & { status?: string };
  payment_failed: Payment & { code?: string };
  add_payment_method: { payment_method?: string; customer?: string; [detail: string]: unknown };
  pre_cancel: About;
  cancel_subscription: About;
  resubscribe: About;
  pause_subscription: About;
  unpause_subscription: About;
  show_offer: About & { offer?: string; kind?: string };
  take_offer: About & { offer?: string; kind?: string };
  dismiss_offer: About & { offer?: string };
  update_details: About;
  pre_change_plan: About;
  change_plan: About;
  language_change: { language: string };
  session_expired: Record<string, never>;
  error: { code?: string; message?: string; kind?: string; status?: number };
}

export type EventName = keyof Responses;

export type Message = {
  [Name in EventName]: { event: Name; response: Responses[Name]; extras: Record<string, unknown> };
}[EventName];

/** A fresh signature: whole, or its text alone. */
export type Renewed = string | { hash?: string; identity?: string };

/** `false`, a rejection or an exception stops what a `pre_…` event announces; `session_expired` takes a `Renewed`. */
export type Answer = void | boolean | null | Renewed;
export type Handler = (message: Message) => Answer | Promise<Answer>;

export interface Settings {
  /** The portal's address, where the script is not loaded from it. */
  url?: string;
  email?: string;
  customer_id?: string;
  /** Hex HMAC-SHA256 of the identifier, made on your server. */
  hash?: string;
  /** Or a signed identifier that expires, in place of the three. */
  identity?: string;
  subscription_id?: string;
  /** Or the address of a shared link, in place of all of them: one invoice alone. */
  link?: string;
  handleResponse?: Handler;
  options?: Options;
  /** Where to mount, for settings objects on the page. */
  selector?: string;
  /** Known to older snippets: the hash's old name, and keys that are not read. */
  email_hash?: string;
  servicebot_id?: string;
  billing_page_id?: string;
}

export interface MountedPortal {
  element: Element;
  update(changes: Settings): Promise<MountedPortal>;
  unmount(): void;
  /** Gives the function that stops listening. */
  on<Name extends EventName>(event: Name, run: (message: Extract<Message, { event: Name }>) => Answer | Promise<Answer>): () => void;
  on(event: "*", run: Handler): () => void;
}

/** Rejected with an `Error` whose `code` says why. */
export function mount(target: string | Element, settings: Settings): Promise<MountedPortal>;
export function unmount(target: string | Element): boolean;
export function update(target: string | Element, changes: Settings): Promise<MountedPortal>;
export function on<Name extends EventName>(event: Name, run: (message: Extract<Message, { event: Name }>) => Answer | Promise<Answer>): () => void;
export function on(event: "*", run: Handler): () => void;

export interface Api {
  mount: typeof mount;
  unmount: typeof unmount;
  update: typeof update;
  on: typeof on;
  /** Mount what the page's settings objects ask for; the script does so by itself when it loads. */
  start(): void;
}

declare const InvoicePortal: Api;
export default InvoicePortal;

export interface InvoicePortalElement extends HTMLElement {
  settings: Settings;
}

declare global {
  interface Window {
    InvoicePortal: Api;
    invoicePortalSettings?: Settings | Settings[];
    billflowSettings?: Settings;
    servicebotSettings?: Settings;
  }
  interface HTMLElementTagNameMap {
    "invoice-portal": InvoicePortalElement;
  }
  interface DocumentEventMap {
    "invoice-portal": CustomEvent<Message>;
  }
}
