"""The upcoming bill."""
