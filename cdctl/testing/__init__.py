"""Kits for plugin authors: contract tests and fakes."""
