"""One ingest for a whole team: serves the fleet over HTTPS, and asks such a server."""
