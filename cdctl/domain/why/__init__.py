"""Who is it? The smallest groups that explain the bad events of a window, with their significance."""
