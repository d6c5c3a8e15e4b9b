"""Policies that need no gradient steps and that a learner must beat: constants, counts, neighbours, factors.

Each is an entry of `policies.POLICIES`; see docs/baselines.md.
"""
