"""A simulated fleet: what vehicles do is pure arithmetic over columns; carriers bring it to a broker."""
