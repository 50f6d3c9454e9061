"""The command line: one Typer file per noun."""
