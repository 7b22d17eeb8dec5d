"""Who may ask what: keys and tokens, roles, one table of all routes, limits, and the log of every access."""
