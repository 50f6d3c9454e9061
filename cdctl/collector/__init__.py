"""A collector takes in once for a whole team: it serves the fleet's columns and its past over HTTPS, and is asked here.

`client` is all that a viewer needs and is light (no numpy); `server` and what it uses run inside `cdctl collect`.
"""
