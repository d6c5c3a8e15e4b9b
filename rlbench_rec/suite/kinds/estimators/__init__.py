"""Estimators scored against the truth, on logs of many sizes from shops whose policy values are known."""
