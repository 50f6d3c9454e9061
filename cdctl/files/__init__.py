"""What people write: settings and specs. Errors carry file:line:column."""
