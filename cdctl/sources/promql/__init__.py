"""PromQL as text: what a query is, and what is wrong with it. Nothing here asks a server."""
