"""Reference policies of the simulated shops, and the scale they end: 0 = behaviour policy, 100 = reference policy."""
