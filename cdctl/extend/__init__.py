"""The catalogue of plugins: discovery, loading, vetting."""
