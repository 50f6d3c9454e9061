"""The one page about an alert: for a terminal, for a channel, and as data."""
