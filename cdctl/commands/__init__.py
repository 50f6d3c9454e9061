"""What vehicles can be told: a file a command, or a family of them."""
