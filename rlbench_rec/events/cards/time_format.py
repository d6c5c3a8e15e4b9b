"""How a log writes its times: a format of Python's `strptime`, as a pattern that the whole text must fit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from string import digits

MONTHS = "(?i:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
LONG_MONTHS = "(?i:January|February|March|April|May|June|July|August|September|October|November|December)"
WEEKDAYS = "(?i:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
LONG_WEEKDAYS = "(?i:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"
DIGITS = {"Y": 4, "y": 2, "m": 2, "d": 2, "H": 2, "I": 2, "M": 2, "S": 2, "j": 3, "f": 6}
"""Directives that are numbers, with their full width."""
FIXED = {"Y": "[1-9][0-9]{3}", "y": "[0-9]{2}"}
WORDS = {
    "b": MONTHS,
    "B": LONG_MONTHS,
    "a": WEEKDAYS,
    "A": LONG_WEEKDAYS,
    "p": "(?i:AM|PM)",
    "z": "(?:Z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)",
    "%": "%",
}
"""Directives that are words, as patterns."""
MOST_FORMATS = 20


@dataclass(frozen=True)
class TimeFormat:
    """A format, taken apart.

    Attributes:
        text: the format itself.
        pattern: a regular expression that the whole of a time fits.
        zoned: whether a time carries its offset from UTC.
        utc: whether the format ends in the letters `Z`, `UTC` or `GMT`, so that its times are in UTC.
        before_fraction: the pattern of the character before `%f`; empty where there is none.
        padded: patterns before and after digits that may have lost zeros in front, and the full number of those digits.
    """

    text: str
    pattern: str
    zoned: bool
    utc: bool
    before_fraction: str
    padded: tuple[str, str, int] | None


def parse_time_format(text: str) -> TimeFormat:
    """A format, checked.

    Numbers that touch each other have their full width (`%Y%m%d%H%M`); the first of them may lack its leading zeros, as
    after a spreadsheet (930 for `%H%M`).

    Raises:
        ValueError: an unknown directive, or a format that does not say which day it is.
    """
    tokens = _tokens(text)
    names = [name for name, is_directive in tokens if is_directive and name != "%"]
    _check(text, names)
    pieces: list[str] = []
    runs: list[tuple[int, list[str]]] = []
    for is_number, group in groupby(tokens, key=_is_number):
        run = list(group)
        if is_number and len(run) > 1:
            if all(is_directive for _, is_directive in run) and run[0][0] != "Y" and run[-1][0] != "f":
                runs.append((len(pieces), [name for name, _ in run]))
            pieces.append("".join(map(_fixed, run[:-1])) + _fixed(run[-1], last=True))
        elif is_number:
            pieces.append(_alone(run[0]))
        else:
            pieces += [WORDS[name] if is_directive else _literal(name) for name, is_directive in run]
    padded = None
    # Two such runs in one format would need two repairs; the second keeps its full width.
    for place, run_names in runs[:1]:
        width = sum(DIGITS[name] for name in run_names)
        fewest = 1 if run_names[0] in "HI" else width - 1
        padded = ("".join(pieces[:place]), "".join(pieces[place + 1 :]), width)
        pieces[place] = f"[0-9]{{{fewest},{width}}}"
    before = ""
    if ("f", True) in tokens and (place := tokens.index(("f", True))):
        previous = tokens[place - 1]
        before = "" if previous[1] or previous[0] in digits else _literal(previous[0])
    return TimeFormat(text, "".join(pieces), "z" in names, _ends_in_utc(text), before, padded)


def _ends_in_utc(text: str) -> bool:
    return re.search(r"%[HIMSfp](?:Z| ?UTC| ?GMT)$", text) is not None


def _tokens(text: str) -> list[tuple[str, bool]]:
    """Characters, each with whether it is a directive."""
    return [(m[1], True) if m[1] else (m[0], False) for m in re.finditer(r"%(.)|.", text, re.DOTALL)]


def _check(text: str, names: list[str]) -> None:
    if not text.isprintable() and not text.replace("\t", "").isprintable():
        raise ValueError("a time_format has no control characters")
    if re.search(r"(?<!%)(%%)*%$", text):
        raise ValueError(f"time_format '{text}' ends in a single %")
    for name in names:
        if name not in DIGITS and name not in WORDS:
            advice = _ADVICE.get(name, f"known are {', '.join(f'%{n}' for n in sorted({*DIGITS, *WORDS}))}")
            raise ValueError(f"time_format '{text}': %{name} is not read; {advice}")
        if names.count(name) > 1:
            raise ValueError(f"time_format '{text}' has %{name} twice")
    have = set(names)
    if not have & {"Y", "y"} or not ("j" in have or (have & {"m", "b", "B"} and "d" in have)):
        raise ValueError(f"time_format '{text}' does not say the day; it needs a year, a month and a day")
    for several in ({"Y", "y"}, {"m", "b", "B", "j"}, {"d", "j"}, {"H", "I"}):
        if len(have & several) > 1:
            both = " and ".join(f"%{name}" for name in sorted(have & several))
            raise ValueError(f"time_format '{text}' says one thing twice, by {both}")
    if ("p" in have) != ("I" in have):
        raise ValueError(f"time_format '{text}': hours of AM and PM are %I with %p; hours to 23 are %H alone")


_ADVICE = {
    "Z": "zone names are ambiguous: write the name itself in the format (UTC, say), and give its time_zone",
    "s": 'for seconds since 1970 write time_unit = "s"',
    "T": "write %H:%M:%S",
    "F": "write %Y-%m-%d",
    "D": "write %m/%d/%y",
    "R": "write %H:%M",
    "e": "write %d",
}


def _is_number(token: tuple[str, bool]) -> bool:
    name, is_directive = token
    return name in DIGITS if is_directive else name in digits


def _fixed(token: tuple[str, bool], last: bool = False) -> str:
    name, is_directive = token
    if not is_directive:
        return name
    if name == "f" and last:
        return "[0-9]{1,6}"
    return FIXED.get(name, f"[0-9]{{{DIGITS[name]}}}")


def _alone(token: tuple[str, bool]) -> str:
    name, is_directive = token
    if not is_directive:
        return name
    # Digits beyond a microsecond are cut off.
    return FIXED.get(name, "[0-9]{1,9}" if name == "f" else f"[0-9]{{1,{DIGITS[name]}}}")


def _literal(character: str) -> str:
    return " +" if character == " " else re.escape(character)


def known_formats(formats: str | list[str]) -> str | list[str]:
    """One format or several, checked as those of a card."""
    texts = [formats] if isinstance(formats, str) else formats
    if not texts or len(texts) > MOST_FORMATS:
        raise ValueError(f"time_format is one format, or a list of up to {MOST_FORMATS}")
    for text in texts:
        parse_time_format(text)
    return formats
