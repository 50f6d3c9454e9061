"""The fleet: what vehicles said, one row each, and how to ask for some of them."""
