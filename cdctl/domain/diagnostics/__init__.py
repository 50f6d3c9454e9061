"""What a vehicle knows of its own health: trouble codes, freeze frames, round trips, a bundle of all of it. Pure."""
