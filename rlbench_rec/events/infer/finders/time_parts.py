"""Times in several columns of numbers: year, month, day, hour, minute, second."""

from __future__ import annotations

from ....column_names import plain
from ..evidence import Column
from ..roles import Roles

PARTS = {
    "year": ("year yyyy yr jahr année ano anno 年", "%Y", 1995, 2100),
    "month": ("month mon mm monat mois mes mese 月", "%m", 1, 12),
    "day": ("day dayofmonth dom dd tag jour dia giorno 日", "%d", 1, 31),
    "hour": ("hour hours hr hh hourofday orderhour eventhour stunde heure hora ora 时 時", "%H", 0, 23),
    "minute": ("minute minutes min mi minuto 分", "%M", 0, 59),
    "second": ("second seconds sec ss sekunde seconde segundo secondo 秒", "%S", 0, 59),
}
"""Part of a time -> what its column is called, its directive, and its numbers."""


def column_of(roles: Roles, part: str) -> Column | None:
    """The free column of a part of a time."""
    names, _, least, most = PARTS[part]
    for column in roles.free():
        if plain(column.name) in names.split() and column.is_whole:
            numbers = [int(text) for text in column.counts]
            if least <= min(numbers) and max(numbers) <= most:
                return column
    return None


def columns_of(roles: Roles, *parts: str) -> tuple[list[str], str]:
    """The columns of these parts, up to the first that is missing, and the format of what they are together."""
    names, directives = [], []
    for part in parts:
        column = column_of(roles, part)
        if column is None:
            break
        names.append(column.name)
        directives.append(PARTS[part][1])
    return names, " ".join(directives)
