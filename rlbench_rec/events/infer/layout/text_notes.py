"""What is worth saying of a text file that was looked into, and names for its columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from ...read.fields import FieldForm
from .delimiters import fields_of
from .headers import Beginning
from .text_pieces import is_text


def unlike(names: list[str]) -> list[str]:
    """The names, a repeated one with its number: `price_2`."""
    counts: Counter[str] = Counter()
    unlike: list[str] = []
    for name in names:
        counts[name] += 1
        new = name if counts[name] == 1 else f"{name}_{counts[name]}"
        while counts[name] > 1 and (new in names or new in unlike):
            counts[name] += 1
            new = f"{name}_{counts[name]}"
        unlike.append(new)
    return unlike


def about_beginning(head: Sequence[str], beginning: Beginning, layout: Mapping[str, object]) -> list[str]:
    """Lines before the header, and blank ones after it."""
    notes = []
    if "skip_lines" in layout:
        lines = "line is not a row" if beginning.first == 1 else f"{beginning.first} lines are not rows"
        notes.append(f"The first {lines}.")
    blank = sum(not line.strip() for line in head[beginning.first :])
    if blank:
        notes.append(f"{'1 line is' if blank == 1 else f'{blank} lines are'} blank; blank lines are malformed.")
    return notes


def about_names(written: Sequence[str], names: Sequence[str], columns: Mapping[str, list[str]]) -> list[str]:
    """Names that stand over several columns, and whether these hold the same.

    Args:
        written: the names in the header.
        names: those of the columns, all unlike.
        columns: name -> texts.
    """
    notes = []
    for name in dict.fromkeys(name for name in written if name and written.count(name) > 1):
        same = [names[i] for i, other in enumerate(written) if other == name]
        alike = all(columns[other] == columns[same[0]] for other in same[1:])
        what = "hold the same" if alike else "differ"
        notes.append(f"The name '{name}' stands over {len(same)} columns; {', '.join(same)} {what}.")
    return notes


def about_lines(body: Sequence[str], malformed: int, form: FieldForm, width: int) -> list[str]:
    """Lines that are not whole rows.

    Args:
        body: the lines after the header.
        malformed: how many of them are not rows.
        form: of the fields.
        width: fields of a row.
    """
    notes = []
    if malformed:
        odd = (line for line in body if len(fields_of(line, form)) != width or not is_text(line))
        example = next(odd, "")
        what = "1 line does not have" if malformed == 1 else f"{malformed} lines of {len(body)} do not have"
        notes.append(f"{what} {width} fields, and would be malformed; the first is {example[:80]!r}.")
    if torn := _torn(body, form):
        notes.append(
            f"{'A quoted field holds' if torn == 1 else f'{torn} quoted fields hold'} the end of a line; each line of "
            "it is malformed. Export the log without line ends in its texts, or without that column."
        )
    return notes


def _torn(body: Sequence[str], form: FieldForm) -> int:
    """How many quoted fields go on in the next lines."""
    if not form.quote:
        return 0
    torn, is_open = 0, False
    for line in body:
        if form.quote not in line or (fields_of(line, form) and not is_open):
            continue
        is_open = not is_open
        torn += is_open
    return torn
