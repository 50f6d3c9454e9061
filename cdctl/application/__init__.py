"""Use cases. No printing, no framework; `wiring` alone knows the adapters."""
