"""Rollouts: one command to many vehicles in waves, which stop by themselves when a promise burns. Pure."""
