"""A drafted card: its keys, and their text with the reasons."""
