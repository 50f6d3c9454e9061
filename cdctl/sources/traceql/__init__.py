"""What a promise asks of spans, read from its specs without asking a store; nothing heavy is behind it."""
