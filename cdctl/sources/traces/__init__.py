"""Promises measured on spans, wherever they are kept: the door `sources`, key `traces`."""
