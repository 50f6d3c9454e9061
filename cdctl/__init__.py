"""cdctl: one operator tool for the people who keep a connected-vehicle platform alive."""

__version__ = "0.1.0"
