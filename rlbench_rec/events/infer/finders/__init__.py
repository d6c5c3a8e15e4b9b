"""Which column is what: each file finds some roles by names and values, and asks what these leave open."""
