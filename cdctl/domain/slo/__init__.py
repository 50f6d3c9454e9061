"""What a promise is, how its events are kept in buckets, and how a verdict follows from them."""
