"""The user's own shop, simulated: fitted to its log, and asked what only a simulation can answer."""
