// Answers /billing-identity while a sample runs by itself. In your app this is a route of your server's, behind its login.
import { billingHash } from "./servers/node/billing_hash.mjs";

const url = process.env.PORTAL_URL || "http://127.0.0.1:8000/billing";
const email = process.env.EMAIL || "jenny@lumen.studio";

function answer(request, response) {
  const hash = billingHash(process.env.INVOICE_PORTAL_KEY, email);
  response.setHeader("Content-Type", "application/json");
  response.setHeader("Cache-Control", "no-store");
  response.end(JSON.stringify({ url, email, hash }));
}

export default function billingIdentity() {
  const serve = (server) => {
    server.middlewares.use("/billing-identity", answer);
  };
  return { name: "billing-identity", configureServer: serve, configurePreviewServer: serve };
}
