"""Boards of the live view as values: a picture of panels, what panels see, and what they draw."""
