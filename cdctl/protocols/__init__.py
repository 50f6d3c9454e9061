"""Door: how a fleet speaks, topics and payloads in, facts about vehicles out."""
