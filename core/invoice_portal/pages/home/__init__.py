"""The first page: what is to pay, every invoice, and the panes around them."""
