"""Composes explanations: where events come from, and the fleet they are joined with. See `wiring` for the rest."""
