"""What a policy is worth by a model, cross-fitted: fitted Q evaluation of sessions, reward models of decisions."""
