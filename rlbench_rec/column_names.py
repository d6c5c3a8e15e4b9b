"""What columns are called in logs: one table, for drafting cards of event logs and for reading logged decisions."""

from __future__ import annotations

from collections.abc import Sequence

COLUMN_NAMES: dict[str, str] = {
    "time": "timestamp time ts eventtime eventtimestamp eventts eventns timems datetime createdat occurredat "
    "servertime unixtime epoch",
    "date": "eventdate date day",
    "step": "step t",
    "item": "itemid item productid product sku articleid article aid asin goodsid contentid videoid variantid offerid "
    "iid pid",
    "action": "action actionid arm",
    "event": "eventtype event eventname action actiontype behavior behaviour behaviortype behaviourtype outcome "
    "interaction interactiontype activity what type click clicked isclick",
    "user": "userid user visitorid visitor customerid customer clientid memberid accountid shopperid uid cookieid "
    "cookie anonymousid deviceid",
    "session": "sessionid session usersession visitid visit basketid sid",
    "episode": "episode episodeid trajectory trajectoryid",
    "price": "price itemprice unitprice productprice saleprice amount eur usd gbp",
    "category": "categoryid category itemcategory productcategory cat categorycode categoryname department",
    "propensity": "propensity propensities propensityscore pscore actionprob actionprobability behaviourpropensity "
    "behaviorpropensity loggingprobability probability prob",
    "target propensity": "targetpropensity targetpropensities evaluationpropensity newpropensity targetprob pie",
    "reward": "reward rewards r outcome click clicked isclick cost",
    "q": "qlogged q qhat",
    "v": "vtarget v vhat",
    "row weight": "weight weights rowweight sampleweight samplingweight",
    "position": "position slot pos rank",
    "slate": "slateid slate",
    "request": "impressionid requestid",
    "page": "pageid listid",
    "decision": "decisionid decision eventid logid rowid uuid impression",
}
"""What a column holds -> what it is called, likeliest first, as `plain` writes it."""


def plain(text: str) -> str:
    """A name without case, blanks and punctuation: `Event_Type` -> `eventtype`."""
    return "".join(character for character in text.casefold() if character.isalnum())


def rank(kinds: Sequence[str], column: str) -> int | None:
    """How likely a column of this name holds one of these kinds, 0 being likeliest; None: its name does not say so."""
    names = " ".join(COLUMN_NAMES[kind] for kind in kinds).split()
    return names.index(plain(column)) if plain(column) in names else None


def likely_columns(kinds: Sequence[str], columns: Sequence[str]) -> list[str]:
    """The columns whose names say that they hold one of these kinds, likeliest first."""
    ranked = [(position, column) for column in columns if (position := rank(kinds, column)) is not None]
    return [column for _, column in sorted(ranked, key=lambda pair: pair[0])]
