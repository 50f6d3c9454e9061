"""Composes what takes spans in, keeps them and answers questions about them. See `wiring` for the rest."""
