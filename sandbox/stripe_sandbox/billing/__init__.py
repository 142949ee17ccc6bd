"""What happens to invoices, subscriptions and balances, whichever endpoint sets it off."""
