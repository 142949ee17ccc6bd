/* The hidden frame that speaks to the sandbox where there is no element. */
window.sandbox.meet((identity) => ({
  retrieve: ({ clientSecret }) => window.sandbox.retrieve(identity, clientSecret),
  confirm: ({ clientSecret, confirmParams }) =>
    window.sandbox.confirm(identity, clientSecret, confirmParams, confirmParams.payment_method),
}));
