"""Learners in plain torch, one file each: what is built and its loss; their configs are in `configs`."""
