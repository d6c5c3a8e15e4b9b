"""What events are called in shops' logs. Words are compared without case and punctuation."""

from __future__ import annotations

from ...column_names import plain

EVENT_WORDS = {
    "impression": "impression impressions imp shown show exposure exposed display displayed noclick none",
    "view": "view views viewed pv pageview detail productview viewproduct viewitem itemview browse visit",
    "click": "click clicks clicked clk tap select selectitem",
    "cart": "cart carts addtocart addtobasket basket atc addcart addedtocart cartadd",
    "favourite": "fav favorite favourite favorites wishlist addtowishlist like liked save saved bookmark",
    "remove": "remove removefromcart removecart removefrombasket cartremove removed",
    "purchase": "purchase purchases purchased buy bought order orders ordered transaction checkout sale sold payment "
    "conversion convert",
}
"""Our event -> what others call it."""

MISSING = ("NA", "N/A", "NaN", "nan", "NULL", "null", "None", "\\N", "-")
"""Texts that may mean "missing"."""


def our_event(value: str) -> str | None:
    """The event of our vocabulary that a raw value means, or None."""
    return next((event for event, words in EVENT_WORDS.items() if plain(value) in words.split()), None)
