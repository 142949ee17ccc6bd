"""The JSON APIs: the merchant's, for its own servers, and the customer's own, for a page of one's own."""
