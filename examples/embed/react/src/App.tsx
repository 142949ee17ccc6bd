import { useEffect, useState } from "react";
import { InvoicePortal, type Message } from "invoice-portal-react";

interface Identity {
  url: string;
  email: string;
  hash: string;
}

/** Who is logged in, signed by our server. */
async function askServer(): Promise<Identity> {
  const answer = await fetch("/billing-identity");
  return (await answer.json()) as Identity;
}

export function App() {
  const [identity, setIdentity] = useState<Identity | null>(null);
  const [shown, setShown] = useState(true);
  const [language, setLanguage] = useState("en");
  const [told, setTold] = useState("");

  useEffect(() => {
    askServer().then(setIdentity, () => setTold("Please sign in first."));
  }, []);

  async function heard({ event, response }: Message) {
    if (event === "select_invoice") setTold(`You opened ${response.invoice}.`);
    if (event === "session_expired") return { hash: (await askServer()).hash };
    return undefined;
  }

  return (
    <main>
      <h1>Billing in React</h1>
      <p>
        <button onClick={() => setShown(!shown)}>{shown ? "Hide" : "Show"}</button>{" "}
        <button onClick={() => setLanguage(language === "en" ? "de" : "en")}>
          {language === "en" ? "Deutsch" : "English"}
        </button>
      </p>
      {identity && shown && (
        <InvoicePortal {...identity} options={{ language }} onEvent={heard} onError={(error) => setTold(error.message)} />
      )}
      <p role="status">{told}</p>
    </main>
  );
}
