"""The edge to d3rlpy, the only way in: its import, and a TransitionDataset as its own types."""
