"""How an explanation is written: in words for a terminal, as one JSON document, as a page with pictures."""
