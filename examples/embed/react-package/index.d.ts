import type { ReactElement } from "react";
import type { Answer, Message, Settings } from "./embed";

export type * from "./embed";

export interface InvoicePortalProps extends Omit<Settings, "handleResponse" | "selector" | "url"> {
  /** The portal's address, as `https://app.example.com/billing`. */
  url: string;
  /** Hears every event; see `Responses` for what each carries. */
  onEvent?: (message: Message) => Answer | Promise<Answer>;
  /** Hears why the portal could not be shown; the error's `code` says why. */
  onError?: (error: Error & { code?: string }) => void;
  className?: string;
}

/** The portal, where it stands. A change of its settings is shown without loading it anew. */
export function InvoicePortal(props: InvoicePortalProps): ReactElement;
