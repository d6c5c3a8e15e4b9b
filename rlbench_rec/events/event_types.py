"""The one vocabulary of events, and the columns of an EventLog."""

from __future__ import annotations

EVENTS = ("impression", "view", "click", "cart", "favourite", "remove", "purchase")
"""Every event type, weakest engagement first."""
