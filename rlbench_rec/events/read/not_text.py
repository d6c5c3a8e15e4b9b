"""Files that are not text in the encoding that the card says: named, with what to do."""

from __future__ import annotations

import codecs
from pathlib import Path

from ...errors import InputError

WORKBOOK = "Save the sheet as CSV UTF-8, and give that."
BEGINNINGS = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": ("an Excel workbook (.xls)", WORKBOOK),
    b"PAR1": ("a Parquet file", 'Say dialect = "parquet" in the card.'),
    b"ARROW1\0\0": ("an Arrow file", "Save it as Parquet."),
    b"%PDF-": ("a PDF", "Give the table that it was printed from, as CSV."),
    b"SQLite format 3\0": ("a SQLite database", "Export the table as CSV."),
    b"Obj\x01": ("an Avro file", "Save it as Parquet or JSON Lines."),
    b"\x89HDF\r\n\x1a\n": ("an HDF5 file", "Save the table as Parquet."),
}
"""First bytes -> what the file is, and what to do."""
PAGES = (b"<!doctype html", b"<html", b"<head", b"<table")


def file_kind(head: bytes) -> tuple[str, str] | None:
    """What a file is that is not a text file of rows, by its first bytes, and what to do; None for all others."""
    for beginning, kind in BEGINNINGS.items():
        if head.startswith(beginning):
            return kind
    if head.startswith(b"PK\x03\x04"):
        # An archive under another name; where it is a workbook, the names of its parts stand at its beginning.
        is_workbook = b"[Content_Types].xml" in head or b"xl/" in head
        return ("an Excel workbook (.xlsx)", WORKBOOK) if is_workbook else ("a zip archive", "Name it .zip.")
    start = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if start.startswith(PAGES):
        return "a web page", "Often it is the page of a login in place of a download: get the file again."
    return ("an XML file", "Save it as CSV.") if start.startswith(b"<?xml") else None


def wide_encoding(head: bytes) -> str | None:
    """`utf-16` or `utf-32` where the first bytes have its mark, or are plain letters in it; else None."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = head[:16]
    if len(start) < 8:
        return None
    # Of letters without a mark one byte in two is 0.
    for zeros, letters, name in ((start[1::2], start[0::2], "utf-16-le"), (start[0::2], start[1::2], "utf-16-be")):
        if not any(zeros) and all(letters):
            return name
    return None


def refuse_what_is_not_text(head: bytes, encoding: str, path: Path) -> None:
    """Look at the first bytes of a file.

    Raises:
        InputError: another kind of file, or UTF-16 where the card says something else.
    """
    if kind := file_kind(head):
        raise InputError(f"This is {kind[0]}, not a text file.", where=str(path), hint=kind[1])
    wide = wide_encoding(head)
    if wide and wide[:6] != codecs.lookup(encoding).name[:6]:
        hint = f'Say encoding = "{wide}" in the card.'
        raise InputError(f"The file is {wide[:6].upper()}.", where=str(path), hint=hint)
