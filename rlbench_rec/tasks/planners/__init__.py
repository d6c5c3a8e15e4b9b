"""Policies of a shop that know how its users react: searched, or solved exactly."""
