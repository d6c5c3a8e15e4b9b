"""The one vocabulary of events, and the columns of an EventLog."""

from __future__ import annotations

EVENTS = ("impression", "view", "click", "cart", "favourite", "remove", "purchase", "search", "refund")
"""Every event type: those of an item shown or chosen, weakest engagement first; `search`, which may be of no item; and
`refund`, a purchase taken back."""
