"""Encoders: a batch of states (see `mdp.StateLayout`) to features. Plain torch modules, built from defaults alone."""
