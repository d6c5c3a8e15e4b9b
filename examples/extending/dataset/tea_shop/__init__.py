"""The log of a tea shop, and its card."""

from pathlib import Path

CARD = Path(__file__).with_name("tea-shop.toml")
"""The log, tea-shop.csv, lies beside it."""
