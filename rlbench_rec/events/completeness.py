"""Is a log the whole data set that its card describes, a part of it, or another one?"""

from __future__ import annotations

from dataclasses import dataclass

from .event_log import EventLog

COMPLETE, SAMPLE, OTHER, UNKNOWN = "complete", "a sample", "not this data set", "not known"
STRANGE = ("malformed", "unknown_event", "outside_window")
"""Rows set aside for these reasons do not occur in a log that its card describes."""


@dataclass(frozen=True)
class Completeness:
    """What was found.

    Attributes:
        verdict: `complete`, `a sample`, `not this data set`, or `not known` where the card has no published counts.
        why: one sentence.
    """

    verdict: str
    why: str


def completeness(log: EventLog) -> Completeness:
    """Hold a log against the published counts of its card (`published`).

    - `not this data set`: most rows do not parse, have an event that the card does not know, or lie outside its window;
      or there are more rows, or more events of a kind, than the whole has.
    - `complete`: exactly as many rows were read as were published (by one of the sources, where they differ).
    - `a sample`: fewer.
    """
    report, published = log.report, log.card.published
    rows = report.rows_read - report.set_aside.get("other_log", 0) - report.set_aside.get("comment", 0)
    strange = {reason: report.set_aside[reason] for reason in STRANGE if reason in report.set_aside}
    if sum(strange.values()) > rows / 2:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in strange.items())
        return Completeness(OTHER, f"Most of its {rows:,} rows do not fit the card: {reasons}.")
    if published is None:
        return Completeness(UNKNOWN, "The card has no published counts.")
    for event, count in log.counts.items() if published.events else ():
        most = published.events.get(event, 0)
        if count > most:
            return Completeness(OTHER, f"It has {count:,} times {event}, the whole has {most:,} ({published.source}).")
    wholes = (published.rows, *published.also)
    if rows in wholes:
        return Completeness(COMPLETE, f"It has the {rows:,} rows that were published ({published.source}).")
    if rows > max(wholes):
        return Completeness(OTHER, f"It has {rows:,} rows, the whole has {max(wholes):,} ({published.source}).")
    whole = min(count for count in wholes if count > rows)
    share = f"{rows / whole:.2g} of the whole" if whole - rows > whole / 1000 else f"{whole - rows:,} are missing"
    return Completeness(SAMPLE, f"It has {rows:,} of {whole:,} rows, {share} ({published.source}).")
