"""Learners in plain torch, one file each: config, what it builds, and loss. `training.ALGORITHMS` names them."""
