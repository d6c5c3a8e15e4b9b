"""What columns and events are called in shops' logs. Words are compared without case and punctuation."""

from __future__ import annotations

ROLES = {
    "timestamp": "timestamp time ts eventtime eventtimestamp timems datetime createdat occurredat servertime unixtime "
    "epoch eventdate date day",
    "item": "itemid item productid product sku articleid article aid asin goodsid contentid videoid variantid offerid "
    "iid pid",
    "event": "eventtype event eventname action actiontype behavior behaviour behaviortype behaviourtype outcome "
    "interaction interactiontype activity what type click clicked isclick",
    "user": "userid user visitorid visitor customerid customer clientid memberid accountid shopperid uid cookieid "
    "cookie anonymousid deviceid",
    "session": "sessionid session usersession visitid visit basketid sid",
    "price": "price itemprice unitprice productprice saleprice amount eur usd gbp",
    "category": "categoryid category itemcategory productcategory cat categorycode categoryname department",
    "propensity": "propensity propensityscore pscore actionprob actionprobability loggingprobability probability prob",
    "position": "position slot pos rank",
    "slate": "slateid slate impressionid requestid pageid listid",
}
"""Role -> names of columns, likeliest first."""

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


def plain(text: str) -> str:
    """`Event_Type` -> `eventtype`."""
    return "".join(c for c in text.lower() if c.isalnum())


def rank(role: str, column: str) -> int | None:
    """How likely a column of this name has the role, 0 being likeliest; None: not by its name."""
    words = ROLES[role].split()
    return words.index(plain(column)) if plain(column) in words else None


def our_event(value: str) -> str | None:
    """The event of our vocabulary that a raw value means, or None."""
    return next((event for event, words in EVENT_WORDS.items() if plain(value) in words.split()), None)
