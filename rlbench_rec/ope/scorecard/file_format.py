"""What a file is, by its first bytes: CSV in which encoding, or something that must be turned into CSV first."""

from __future__ import annotations

import csv
import zlib
from collections import Counter
from collections.abc import Collection, Sequence

from ...errors import InputError

UNREADABLE = (OSError, EOFError, UnicodeError, zlib.error, csv.Error)
"""What a truncated or mislabelled file may raise."""
FIRST_BYTES = 4_096
"""Enough to tell kinds of files apart."""
OTHERS = {
    b"PK": "a zip or Excel file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"SQLite format 3": "a SQLite database",
    b"ARROW1": "an Arrow (Feather) file",
    b"Obj\x01": "an Avro file",
    b"ORC": "an ORC file",
    b"\x89HDF": "an HDF5 file",
    b"BZh": "packed by bzip2",
    b"\xfd7zXZ": "packed by xz",
    b"\x28\xb5\x2f\xfd": "packed by zstd",
    b"\xff\xfe\x00\x00": "text in UTF-32",
    b"\x00\x00\xfe\xff": "text in UTF-32",
}
BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
DECISION_SERVICE = ("_label_cost", "_label_probability")


def text_encoding(first: bytes, where: str) -> str:
    """The encoding of a CSV file: UTF-8 or UTF-16, with or without a byte order mark.

    Args:
        first: its first bytes, unpacked.
        where: the file, for errors.

    Raises:
        InputError: it is a file of another kind, which is named.
    """
    for magic, name in OTHERS.items():
        if first.startswith(magic):
            raise InputError(f"This is {name}.", where=where, hint="Save it as CSV or Parquet.")
    encoding = next((name for mark, name in BYTE_ORDER_MARKS.items() if first.startswith(mark)), None)
    if encoding is None:
        # Without a mark, every other byte of plain letters is 0.
        zeros = [first[at:200:2].count(0) for at in (0, 1)]
        encoding = "utf-16-be" if zeros[0] > 20 > zeros[1] else "utf-16-le" if zeros[1] > 20 > zeros[0] else "utf-8"
    _refuse_json(first.decode(encoding, errors="replace").lstrip(), where)
    return encoding


def _refuse_json(text: str, where: str) -> None:
    if not text.startswith(("{", "[")):
        return
    if all(word in text for word in DECISION_SERVICE):
        what = "These are JSON lines of Vowpal Wabbit's decision service (dsjson)."
        hint = (
            "Write a CSV with one decision per line: reward = -_label_cost, propensity = _label_probability, and "
            "target_propensity, the target policy's probability of _label_Action, which such a log does not hold."
        )
        raise InputError(what, where=where, hint=hint)
    what = "This is a JSON array." if text.startswith("[") else "These are JSON lines."
    raise InputError(what, where=where, hint="Save it as CSV or Parquet, one decision per row.")


def refuse_repeated(names: Sequence[str], where: str, wanted: Collection[str] | None = None) -> None:
    """Refuse a name that several columns have: one of the wanted, or any."""
    for name, count in Counter(names).items():
        if count > 1 and (wanted is None or name in wanted):
            what = f"{count} columns are named '{name}'."
            raise InputError(what, where=where, hint="Rename all but one of them.")


def first_line(error: Exception) -> str:
    """The first line of an error's message."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
