"""Times with something around them that says no time: brackets, `Uhr`, the name of a time zone."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache

MOST_WRAPPINGS = 3
"""A column with more different texts around its times is not one of times: two zones of one place are usual."""
ZONES = {
    "EST": ("Etc/GMT+5", "America/New_York"),
    "EDT": ("Etc/GMT+4", "America/New_York"),
    "CST": ("Etc/GMT+6", "America/Chicago"),
    "CDT": ("Etc/GMT+5", "America/Chicago"),
    "MST": ("Etc/GMT+7", "America/Denver"),
    "MDT": ("Etc/GMT+6", "America/Denver"),
    "PST": ("Etc/GMT+8", "America/Los_Angeles"),
    "PDT": ("Etc/GMT+7", "America/Los_Angeles"),
    "BRT": ("Etc/GMT+3", "America/Sao_Paulo"),
    "WET": ("Etc/GMT", "Europe/Lisbon"),
    "WEST": ("Etc/GMT-1", "Europe/Lisbon"),
    "BST": ("Etc/GMT-1", "Europe/London"),
    "CET": ("Etc/GMT-1", "Europe/Berlin"),
    "CEST": ("Etc/GMT-2", "Europe/Berlin"),
    "MEZ": ("Etc/GMT-1", "Europe/Berlin"),
    "MESZ": ("Etc/GMT-2", "Europe/Berlin"),
    "EET": ("Etc/GMT-2", "Europe/Helsinki"),
    "EEST": ("Etc/GMT-3", "Europe/Helsinki"),
    "MSK": ("Etc/GMT-3", "Europe/Moscow"),
    "IST": ("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"),
    "SGT": ("Etc/GMT-8", "Asia/Singapore"),
    "HKT": ("Etc/GMT-8", "Asia/Hong_Kong"),
    "JST": ("Etc/GMT-9", "Asia/Tokyo"),
    "KST": ("Etc/GMT-9", "Asia/Seoul"),
    "AEST": ("Etc/GMT-10", "Australia/Sydney"),
    "AEDT": ("Etc/GMT-11", "Australia/Sydney"),
}
"""Short name of a time zone -> what it may mean: its own offset (the sign of `Etc` is the other way), and places."""
_WRAPPED = re.compile(r"(?P<before>[^\w+-]*)(?P<time>.*\d)(?P<after>\D*)", re.DOTALL)
_HALF_DAY = re.compile(r"(?i)\b[ap]\. ?m\b|\b[ap]m\b")
_OF_THE_TIME = re.compile(r" ?([AaPp][Mm])?( ?(Z|UTC|GMT))?")


def unwrapped(texts: Iterable[str]) -> dict[tuple[str, str], list[str]]:
    """What stands before and after the times -> the times; empty where nothing does, or too many different things."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for text in texts:
        match = _WRAPPED.fullmatch(text)
        if match is None:
            return {}
        inner = _OF_THE_TIME.match(match["after"])
        kept = inner[0].rstrip() if inner else ""
        if _HALF_DAY.search(match["after"][len(kept) :]):
            # `p.m.` says a time, in a form that no directive reads.
            return {}
        groups[match["before"], match["after"][len(kept) :]].append(match["time"] + kept)
        if len(groups) > MOST_WRAPPINGS:
            return {}
    is_told = len(groups) == 1 or zones_of([after for _, after in groups])
    return dict(groups) if is_told and set(groups) != {("", "")} else {}


def wrapped(format: str, before: str, after: str) -> str:
    """A format of the times alone, with what stands around them."""
    return before.replace("%", "%%") + format + after.replace("%", "%%")


def zones_of(afters: Sequence[str]) -> tuple[str, ...]:
    """The time zones that what stands behind the times may name, likeliest first."""
    words = [re.sub(r"[^\w/+-]", "", after) for after in afters]
    if len(words) == 1 and words[0] in _known_zones():
        return (words[0],)
    if len(words) == 1 and re.fullmatch("[A-Z]{3,5}", words[0]):
        return ZONES.get(words[0], ("UTC", "PLACE/CITY"))
    offered = [ZONES.get(word, ()) for word in words]
    # Two names of one place, in winter and in summer.
    return tuple(zone for zone in offered[0] if all(zone in others for others in offered))


@cache
def _known_zones() -> frozenset[str]:
    import zoneinfo

    return frozenset(zone for zone in zoneinfo.available_timezones() if "/" in zone)
