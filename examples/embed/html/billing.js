// Who is logged in, signed by our server; then the settings, then the portal's script.
async function identity() {
  const answer = await fetch("/billing-identity");
  if (!answer.ok) throw new Error("nobody is logged in");
  return answer.json();
}

const told = document.getElementById("told");

identity().then(
  ({ url, email, hash }) => {
    window.invoicePortalSettings = {
      email,
      hash,
      async handleResponse({ event, response }) {
        if (event === "select_invoice") told.textContent = `You opened ${response.invoice}.`;
        if (event === "session_expired") return identity();
      },
    };
    const script = document.createElement("script");
    script.src = `${url}/embed.js`;
    script.async = true;
    document.head.append(script);
  },
  () => {
    told.textContent = "Please sign in first.";
  },
);
