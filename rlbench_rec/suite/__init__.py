"""What to run (TOML), running it, resuming it."""

from .config import Suite, list_suites, load_suite

__all__ = ["Suite", "list_suites", "load_suite"]
