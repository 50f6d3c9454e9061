"""What a board can show. A panel sees snapshots and asks for things; it never fetches, and never knows another."""
