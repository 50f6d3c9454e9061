"""What a file may hold, described once: for the reader's checks and for the JSON Schema that editors use."""
