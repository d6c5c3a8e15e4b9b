"""What is worth saying of a text file that was looked into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...read.fields import FieldForm
from .delimiters import fields_of
from .text_pieces import NOT_TEXT, is_text


def about_beginning(after: Sequence[str], skipped: int) -> list[str]:
    """Lines before the header, and blank ones after it.

    Args:
        after: the head's lines after the header.
        skipped: lines before it.
    """
    notes = []
    if skipped:
        notes.append(f"The first {'line is not a row' if skipped == 1 else f'{skipped} lines are not rows'}.")
    blank = sum(not line.strip() for line in after)
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
        example = NOT_TEXT.sub("\ufffd", next(odd, ""))[:80]
        what = "1 line is" if malformed == 1 else f"{malformed} lines of {len(body)} are"
        notes.append(f"{what} malformed: not {width} fields of text; the first is {example!r}.")
    if zeros := sum("\0" in line for line in body):
        notes.append(
            f"{'1 line holds' if zeros == 1 else f'{zeros} lines hold'} a zero byte, which is part of its field."
        )
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
