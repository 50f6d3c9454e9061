"""Door: which vehicles exist and what they are."""
