// The hash that vouches for a customer. It needs nothing but Node: `node billing_hash.mjs jenny@lumen.studio`.
import { createHmac } from "node:crypto";
import { pathToFileURL } from "node:url";

/** Hex HMAC-SHA256 of an address that you have verified, or of a customer id, under the portal's first key. */
export function billingHash(key, identifier) {
  return createHmac("sha256", key).update(identifier, "utf8").digest("hex");
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(billingHash(process.env.INVOICE_PORTAL_KEY, process.argv[2]));
}
