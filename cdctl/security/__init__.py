"""Security: signatures and the keys behind them, whom to trust, and what a policy allows."""
