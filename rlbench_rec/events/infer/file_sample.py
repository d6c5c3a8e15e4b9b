"""A look into a file: some rows as text, from its whole length where it can be read anywhere."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from ...errors import InputError, MissingFileError
from ..archives.compressed import inside, is_zip, opened
from ..read.fields import split_fields
from ..read.text_files import BOM
from .sample import Sample, file_pattern

HEAD_BYTES = 4 << 20
PIECES, PIECE_BYTES = 32, 64 << 10
"""Beyond its head a plain file is looked into at this many places, since rare events often come late."""
ROWS = 50_000
DELIMITERS = ",;\t|@"


def look_into(path: Path, given: Mapping[str, object] | None = None) -> Sample:
    """Rows of a CSV (any delimiter, with or without a header), JSONL or Parquet file; packed texts too.

    Args:
        path: the file.
        given: card keys that are known and not guessed.

    Raises:
        MissingFileError: no such file.
        InputError: a folder, an empty file, or one that is none of the three.
    """
    if path.is_dir():
        raise InputError("This is a folder.", where=str(path), hint="Give one of its files; widen the pattern later.")
    if not path.is_file():
        raise MissingFileError("There is no such file.", where=str(path))
    inner = inside(path, path.name)[0] if is_zip(path) else path
    with opened(inner) as stream:
        if stream.read(4) == b"PAR1":
            return _parquet(inner)
    lines, whole = _lines(inner)
    if not lines:
        raise InputError("The file is empty.", where=str(path))
    return _jsonl(path, lines, whole) if lines[0].lstrip().startswith("{") else _delimited(path, lines, whole)


def _parquet(path: Path) -> Sample:
    import duckdb
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        raise InputError("Parquet is not read out of an archive.", where=str(path), hint="Unpack it.")
    try:
        file = pq.ParquetFile(path)
        groups = (file.iter_batches(ROWS // 8, row_groups=[g]) for g in _spread(file.num_row_groups, 8))
        batches = [batch for group in groups if (batch := next(group, None)) is not None]
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"Not a Parquet file ({error}).", where=str(path)) from error
    rows = pa.Table.from_batches(batches, file.schema_arrow)
    if not len(rows):
        raise InputError("The file has no rows.", where=str(path))
    names = rows.column_names
    # As text in the words of the loader, which casts in DuckDB.
    with duckdb.connect() as connection:
        # By place, since DuckDB takes names that differ in case for the same.
        places = [f"c{place}" for place in range(len(names))]
        texts = ", ".join(f"coalesce(CAST({place} AS VARCHAR), '')" for place in places)
        cells = connection.from_arrow(rows.rename_columns(places)).project(texts).fetchall()
    columns = {name: list(column) for name, column in zip(names, zip(*cells, strict=True), strict=True)}
    return Sample(
        path, "parquet", names, columns, pattern=file_pattern(path), whole=len(rows) == file.metadata.num_rows
    )


def _spread(count: int, most: int) -> list[int]:
    """At most `most` numbers below `count`, evenly spread, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return sorted({round(i * (count - 1) / (most - 1)) for i in range(most)})


def _lines(path: Path) -> tuple[list[str], bool]:
    """Whole lines, and whether they are all there are."""
    with opened(path) as stream:
        head = stream.read(HEAD_BYTES)
        whole = len(head) < HEAD_BYTES
        pieces = [head if whole else head[: head.rfind(b"\n") + 1]]
        # What is packed can be read from its start alone.
        if not whole and stream.seekable():
            last = max(path.stat().st_size - PIECE_BYTES, HEAD_BYTES)
            for piece in range(1, PIECES):
                stream.seek(HEAD_BYTES + (last - HEAD_BYTES) * piece // (PIECES - 1))
                block = stream.read(PIECE_BYTES)
                pieces.append(block[block.find(b"\n") + 1 : block.rfind(b"\n") + 1])
    text = b"".join(pieces).removeprefix(BOM)
    if b"\0" in text[:4096]:
        raise InputError("This is not a text file.", where=str(path), hint="Give a CSV, JSONL or Parquet file.")
    return [line for line in text.decode("utf-8", "replace").split("\n") if line.strip()], whole


def _jsonl(path: Path, lines: list[str], whole: bool) -> Sample:
    rows = []
    for line in lines[:ROWS]:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict):
            rows.append(row)
    if not rows:
        raise InputError("No line is a JSON object.", where=str(path), hint="Write one object per line.")
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [_json_text(row.get(name)) for row in rows] for name in names}
    return Sample(path, "jsonl", names, columns, pattern=file_pattern(path), whole=whole and len(lines) <= ROWS)


def _json_text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _delimited(path: Path, lines: list[str], whole: bool) -> Sample:
    lines = [line.rstrip("\r") for line in lines]
    delimiter, width = _delimiter(lines[:200])
    if width < 2:
        raise InputError("No delimiter splits its lines.", where=str(path), hint="Give a CSV, JSONL or Parquet file.")
    step = max(len(lines) // ROWS, 1)
    split = [split_fields(line, delimiter) for line in [lines[0], *lines[1::step]]]
    rows = [fields for fields in split if fields and len(fields) == width]
    header = _is_header(rows)
    names = [name.strip() for name in rows[0]] if header else [f"column_{i + 1}" for i in range(width)]
    body = rows[1:] if header else rows
    if not body:
        raise InputError("There is a header and no row.", where=str(path))
    columns = {name: [row[i].strip() for row in body] for i, name in enumerate(names)}
    layout: dict[str, object] = {} if delimiter == "," else {"delimiter": delimiter}
    if not header:
        layout |= {"header": False, "names": names}
    whole = whole and step == 1
    return Sample(path, "delimited", names, columns, layout, pattern=file_pattern(path), whole=whole)


def _delimiter(lines: list[str]) -> tuple[str, int]:
    """The delimiter that gives most lines the same number of fields, the more fields the better; and that number."""
    best = (0.0, 0, ",")
    for delimiter in DELIMITERS:
        widths = Counter(len(split_fields(line, delimiter) or []) for line in lines)
        width, count = widths.most_common(1)[0]
        # A header shows the true width; a file of one bad line in ten is still that file.
        best = max(best, (round(count / len(lines), 1) if width > 1 else 0.0, width, delimiter), key=lambda b: b[:2])
    return best[2], best[1]


def _is_header(rows: list[list[str]]) -> bool:
    first, others = rows[0], rows[1:200]
    if any(_is_number(field) for field in first) or len(set(first)) < len(first):
        return False
    if any(_is_number(field) for row in others for field in row):
        return True
    # All text: a header's words do not come back below.
    below = {field for row in others for field in row}
    return not below & set(first)


def _is_number(text: str) -> bool:
    return text.strip().lstrip("-").replace(".", "", 1).isdigit()
