"""Kits for plugin authors: contract tests and fakes. docs/plugins.md shows how to use them."""
