/* The bank's question (3-D Secure). Closing it is a refusal, as at Stripe. */
window.sandbox.meet((introduction, tell) => {
  "use strict";
  const problem = document.getElementById("problem");
  const buttons = [...document.querySelectorAll("button")];
  const { clientSecret, ...identity } = introduction;

  const answer = async (agreed) => {
    for (const button of buttons) button.disabled = true;
    const result = await window.sandbox.ask(identity, "challenge", { client_secret: clientSecret, agreed });
    if (result.error) {
      problem.textContent = result.error.message;
      problem.hidden = false;
      for (const button of buttons) button.disabled = false;
    } else tell("done");
  };
  document.getElementById("complete").addEventListener("click", () => answer(true));
  document.getElementById("fail").addEventListener("click", () => answer(false));
  document.getElementById("close").addEventListener("click", () => answer(false));
  document.addEventListener("keydown", (event) => event.key === "Escape" && answer(false));
  document.getElementById("complete").focus();
  return {};
});
