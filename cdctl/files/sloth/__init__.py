"""Sloth's `prometheus/v1` files and their Kubernetes form, read as they are."""
