"""What is asked where no column reads as a time: its form, or an order that stands in for it."""

from __future__ import annotations

import re
from itertools import pairwise

from ..evidence import Column
from ..forms.time_forms import CLOCK
from ..roles import Roles

MOST_SECONDS = 10**10
"""Numbers beyond it are not seconds, whatever they count from."""
MOST_STEPS = 5_000
"""Numbers up to this count days or steps, rather than seconds."""


def ask_for_time(roles: Roles) -> None:
    """Ask for a column of the time, or of the order."""
    unread = [column for column in roles.candidates("time", "date") if not column.times]
    orders = [column for column in roles.candidates("order") if column.is_whole]
    if orders:
        column = orders[0]
        numbers = [int(text) for text in column.counts]
        text = (
            f"No column is a time. '{column.name}' counts from {min(numbers)} to {max(numbers)}: is it the order of "
            "events? There are then no pauses and no days, and sessions must be given."
        )
        roles.ask("timestamp", text, [f"order={column.name}" for column in orders])
    elif unread:
        roles.ask("timestamp", *_unread(unread[0]))
    else:
        rising = [column for column in roles.free() if _rises(column)]
        text = "No column looks like a time. Which is it? Without one the log needs a column that counts its rows."
        answers = ["time=COLUMN:FORM", "order=COLUMN"]
        if rising:
            text = f"No column looks like a time. '{rising[0].name}' never falls: is it the order of the rows?"
            answers = [*(f"order={column.name}" for column in rising[:3]), "time=COLUMN:FORM"]
        roles.ask("timestamp", text, answers)


def _unread(column: Column) -> tuple[str, list[str]]:
    """A column that is called a time: what stands in its way, and what reads it."""
    name, example = column.name, column.example
    if column.is_whole:
        numbers = [int(text) for text in column.counts]
        seconds, order = f"time={name}:s", f"order={name}"
        if max(numbers) > MOST_SECONDS:
            text = f"'{name}' counts from {min(numbers)} to {max(numbers)}, in no unit that is known. Is it an order?"
            return f"{text} As a time it must be written anew, in seconds since 1970, say.", [order]
        text = (
            f"'{name}' counts from {min(numbers):,} to {max(numbers):,}: seconds since the log's own start (they are "
            "then read as those of 1970), or days or steps, an order without a clock?"
        )
        return text, [order, seconds] if max(numbers) <= MOST_STEPS else [seconds, order]
    forms = {re.sub(r"[A-Za-z]+", "a", re.sub(r"\d+", "0", text)): text for text in column.counts}
    if all(CLOCK.fullmatch(text) for text in column.counts):
        problem = "is a clock without a day, and no column is a day. Write the day into the file"
        return f"'{example}' in '{name}' {problem}, or name its column:", [f"time=DAY_COLUMN,{name}"]
    if not any(re.search(r"\d{4}|\d\D+\d+\D+\d{2}(\D|$)", text.split(":")[0]) for text in column.counts):
        return f"'{example}' in '{name}' has no year, and a card adds none. Write the year into the file.", []
    if len(forms) > 1:
        several = " and ".join(f"'{text}'" for text in list(forms.values())[:3])
        text = f"'{name}' holds times in several forms, such as {several}. How are they written?"
        return f"{text} A card takes a list of formats (time_format), and not one of formats and numbers.", [
            f"time={name}:%d/%m/%Y %H:%M"
        ]
    text = f"'{name}' is called a time, but '{example}' is not in a form that is known. How is it written?"
    return text, [f"time={name}:%d/%m/%Y %H:%M", f"time={name}:s"]


def _rises(column: Column) -> bool:
    """Whether its numbers never fall from row to row."""
    if not column.is_whole or len(column.counts) < 3 or len(column.present) < len(column.texts):
        return False
    numbers = [int(text) for text in column.texts]
    return all(before <= after for before, after in pairwise(numbers))
