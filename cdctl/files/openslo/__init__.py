"""OpenSLO v1: its shapes, and how its documents become promises."""
