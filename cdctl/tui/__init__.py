"""The live view on a terminal: the only room that knows Textual."""
