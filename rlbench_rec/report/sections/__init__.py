"""The sections of a report: each is a function of what was read, and None where the run says nothing of it."""
