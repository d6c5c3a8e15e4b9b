"""Made-up logs in every form that a card can name. What is in them is known, so that what is read can be compared."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from studies.fuzz_suites import toml
from studies.log_table import ROWS, Row, Table, made_up_table

WORDS = {
    "utf-8": "naïve 商品",
    "utf-8-sig": "café",
    "gbk": "商品",
    "gb18030": "商品",
    "big5": "商品",
    "shift_jis": "商品",
    "latin-1": "café",
    "cp1252": "5 €",
    "utf-16": "商品",
}
"""Encoding -> a word that is written in it, as a category and in the header."""
PACKERS: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


@dataclass(frozen=True)
class Form:
    """A log on disk.

    Attributes:
        card: its card, the files beside it.
        kept: the rows that must be kept, sorted.
    """

    card: Path
    kept: list[Row]


def made_up(folder: Path, rng: np.random.Generator) -> Form:
    """A card, and some rows beside it in a form that is drawn."""
    write = (_delimited, _json, _parquet, _partitions, _labels, _chosen, _basket)[rng.integers(7)]
    table = made_up_table(rng)
    write(table, folder, rng)
    columns = table.keys.pop("columns")
    lines = [f"{key} = {toml(value)}" for key, value in table.keys.items()]
    (folder / "shop.toml").write_text("\n".join([*lines, f"columns = {toml(columns)}"]) + "\n", encoding="utf-8")
    return Form(folder / "shop.toml", sorted(table.kept, key=str))


def _delimited(table: Table, folder: Path, rng: np.random.Generator) -> None:
    encoding = str(rng.choice(list(WORDS)))
    delimiter = str(rng.choice([",", ";", "\t", "::", "\u0001", "||", "|"]))
    quote, escape = str(rng.choice(['"', "'", ""])), str(rng.choice(["", "\\"]))
    comment, end = str(rng.choice(["", "#", "//"])), str(rng.choice(["\n", "\r\n", "\r"]))
    trim, trailing, skipped = bool(rng.integers(2)), bool(rng.integers(2)), int(rng.integers(3))
    word = WORDS[encoding]
    if encoding == "latin-1":
        table.columns["amount"] = [None if cell is None else cell.replace("€", "") for cell in table.columns["amount"]]
    if encoding in ("big5", "shift_jis", "gbk"):
        for mark in ("€", "\u00a0"):
            table.columns["amount"] = [c and c.replace(mark, "") for c in table.columns["amount"]]
    text = f"{word} 5{delimiter}x" if quote or escape else word
    table.columns["kind"] = [f"{text} {quote}{row % 3}" for row in range(ROWS)]
    table.keys["columns"]["category"] = "kind"
    table.keys.setdefault("id_types", {})["category"] = "string"
    names = list(table.columns)
    if not escape and any(delimiter in (cell or "") for cells in table.columns.values() for cell in cells):
        quote = quote or '"'

    def field(value: str | None) -> str:
        value = value or ""
        if escape:
            value = value.replace(escape, 2 * escape)
            value = value.replace(quote, escape + quote) if quote else value
        if quote and (delimiter in value or quote in value or not rng.integers(4)):
            value = quote + (value if escape else value.replace(quote, 2 * quote)) + quote
        elif escape:
            value = value.replace(delimiter, "".join(escape + mark for mark in delimiter))
        pad = " " * int(rng.integers(3)) if trim and delimiter != "\t" else ""
        return pad + value + pad

    table.keys |= {"encoding": encoding, "delimiter": delimiter, "quote": quote, "escape": escape}
    table.keys |= {"comment": comment, "skip_lines": skipped, "trim": trim, "trailing_delimiter": trailing}
    tail = delimiter if trailing else ""
    header = [f"{word} {number}" for number in range(len(names))] if rng.integers(2) else names
    table.keys |= {"names": names} if header is not names else {}
    lines = [f"preamble {number}" for number in range(skipped)] + [delimiter.join(map(field, header)) + tail]
    for row in range(ROWS):
        if comment and not rng.integers(8):
            lines.append(f"{comment} written by a machine {quote}")
        lines.append(delimiter.join(field(table.columns[name][row]) for name in names) + tail)
    content = (end.join(lines) + (end if rng.integers(2) else "")).encode(encoding)
    packed = str(rng.choice(["", "", ".gz", ".bz2", ".xz"]))
    name = f"log.csv{packed}"
    (folder / name).write_bytes(PACKERS[packed](content) if packed else content)
    table.keys["files"] = [{"pattern": "log.csv"}]


def _json(table: Table, folder: Path, rng: np.random.Generator) -> None:
    """An object a line, an array of objects, or an object that holds one; some columns are nested."""
    nested = {name for name in table.columns if not rng.integers(3)}
    _rename(table, {name: f"properties.more.{name}" for name in nested})
    objects: list[dict[str, Any]] = []
    for row in range(ROWS):
        inner = {name: cells[row] for name, cells in table.columns.items() if name in nested}
        outer = {name: cells[row] for name, cells in table.columns.items() if name not in nested}
        objects.append(outer | ({"properties": {"more": inner}} if nested else {}))
    way, indent = rng.integers(3), (None, 1)[rng.integers(2)]
    table.keys |= {"dialect": "jsonl" if way == 0 else "json", "files": [{"pattern": "log.json*"}]}
    if way == 0:
        text, name = "\n".join(json.dumps(each, ensure_ascii=False) for each in objects), "log.jsonl"
    else:
        content = objects if way == 1 else {"version": 3, "events": objects, "more": None}
        text, name = json.dumps(content, indent=indent, ensure_ascii=False), "log.json"
    (folder / name).write_text(text, encoding="utf-8")


def _parquet(table: Table, folder: Path, rng: np.random.Generator) -> None:
    """Columns of texts, dictionaries or numbers, some of them in a struct."""
    nested = {name for name in table.columns if not rng.integers(3)}
    arrays = {name: _array(cells, rng) for name, cells in table.columns.items()}
    columns = {name: array for name, array in arrays.items() if name not in nested}
    if nested:
        inner = [name for name in arrays if name in nested]
        plain = [
            array.dictionary_decode() if hasattr(array, "dictionary_decode") else array for array in arrays.values()
        ]
        by_name = dict(zip(arrays, plain, strict=True))
        columns["properties"] = pa.StructArray.from_arrays([by_name[name] for name in inner], names=inner)
    _rename(table, {name: f"properties.{name}" for name in nested})
    pq.write_table(pa.table(columns), folder / "log.parquet")
    table.keys |= {"dialect": "parquet", "files": [{"pattern": "log.parquet"}]}


def _array(cells: list[str | None], rng: np.random.Generator) -> pa.Array:
    whole = all(cell is None or cell.isdigit() for cell in cells)
    kinds = [pa.string(), pa.large_string(), *([pa.int64(), pa.float64(), pa.decimal128(20, 0)] if whole else [])]
    kind = kinds[rng.integers(len(kinds))]
    if not whole or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        array = pa.array(cells, kind)
        return array.dictionary_encode() if pa.types.is_string(kind) and rng.integers(2) else array
    numbers = pa.array([None if cell is None else int(cell) for cell in cells], pa.int64())
    # Nanoseconds do not fit into a float.
    return numbers.cast(pa.int64() if max(map(int, filter(None, cells))) >= 2**53 else kind)


def _partitions(table: Table, folder: Path, rng: np.random.Generator) -> None:
    """A folder for each event: its name is the column."""
    by_event = table.columns.pop("event")
    for event in dict.fromkeys(by_event):
        rows = [row for row in range(ROWS) if by_event[row] == event]
        columns = {name: pa.array([cells[row] for row in rows], pa.string()) for name, cells in table.columns.items()}
        place = folder / "lake" / f"event={event}"
        place.mkdir(parents=True)
        pq.write_table(pa.table(columns), place / "part-0.parquet")
    table.keys |= {"dialect": "parquet", "files": [{"pattern": "**/*.parquet"}]}


def _shown(table: Table, rng: np.random.Generator) -> tuple[list[list[int]], list[list[int]]]:
    """Lists of items in place of one item a row, and those of them that got the event; all rows are views."""
    shown = [[int(item) for item in rng.permutation(9)[: rng.integers(1, 5)]] for _ in range(ROWS)]
    chosen = [[item for item in items if rng.integers(2)] for items in shown]
    times = table.times
    amounts = table.keys["columns"]
    for role in ("price", "total", "quantity", "event"):
        amounts.pop(role, None)
    table.keys.pop("negative", None)
    table.keys["reward_weights"] = {"click": 1.0}
    table.keys.pop("events")
    table.kept = [
        (times[row], item, "click" if item in chosen[row] else "impression", None)
        for row in range(ROWS)
        for item in shown[row]
    ]
    return shown, chosen


def _labels(table: Table, folder: Path, rng: np.random.Generator) -> None:
    """Elements such as `7-1`: the item and whether it was clicked."""
    shown, chosen = _shown(table, rng)
    label = str(rng.choice(["-", ":"]))
    table.columns["item"] = [
        " ".join(f"{item}{label}{int(item in clicked)}" for item in items)
        for items, clicked in zip(shown, chosen, strict=True)
    ]
    table.keys["lists"] = {"columns": ["item"], "delimiter": " ", "label": label}
    table.keys["columns"] |= {"event": "#label", "slate": "#list", "position": "#"}
    table.keys["events"] = {"0": "impression", "1": "click"}
    _plain_csv(table, folder)


def _chosen(table: Table, folder: Path, rng: np.random.Generator) -> None:
    """A list of what was shown, and one of what of it was clicked, as text, JSON or Parquet lists."""
    shown, chosen = _shown(table, rng)
    table.keys["lists"] = {"columns": ["item"], "delimiter": " ", "chosen": {"clicked": "click"}}
    del table.columns["event"]
    way = rng.integers(3)
    if way == 0:
        table.columns["item"] = [" ".join(map(str, items)) for items in shown]
        table.columns["clicked"] = [" ".join(map(str, items)) for items in chosen]
        return _plain_csv(table, folder)
    del table.columns["item"]
    if way == 1:
        lines = [
            json.dumps(
                {name: cells[row] for name, cells in table.columns.items()} | {"item": items, "clicked": clicked}
            )
            for row, (items, clicked) in enumerate(zip(shown, chosen, strict=True))
        ]
        (folder / "log.jsonl").write_text("\n".join(lines))
        table.keys |= {"dialect": "jsonl", "files": [{"pattern": "log.jsonl"}]}
        return None
    columns = {name: pa.array(cells, pa.string()) for name, cells in table.columns.items()}
    numbers = (pa.list_(pa.int64()), pa.large_list(pa.int32()))[rng.integers(2)]
    columns |= {"item": pa.array(shown, numbers), "clicked": pa.array(chosen, numbers)}
    pq.write_table(pa.table(columns), folder / "log.parquet")
    table.keys |= {"dialect": "parquet", "files": [{"pattern": "log.parquet"}]}
    return None


def _basket(table: Table, folder: Path, rng: np.random.Generator) -> None:
    """Objects with an array of items, each a row."""
    shown, _ = _shown(table, rng)
    del table.columns["item"]
    table.keys["columns"] |= {"event": "event", "item": "shop.items[].sku"}
    table.keys["events"] = {"view": "view", "buy": "purchase"}
    ours = {"view": "view", "buy": "purchase"}
    raw, times = table.columns["event"], table.times
    table.kept = [
        (times[row], item, ours[str(raw[row])], None) for row in range(ROWS) if raw[row] in ours for item in shown[row]
    ]
    lines = [
        json.dumps({name: cells[row] for name, cells in table.columns.items()} | {"shop": {"items": skus}})
        for row, skus in enumerate([[{"sku": item} for item in items] for items in shown])
    ]
    (folder / "log.jsonl").write_text("\n".join(lines))
    table.keys |= {"dialect": "jsonl", "files": [{"pattern": "log.jsonl"}]}


def _plain_csv(table: Table, folder: Path) -> None:
    cells = zip(*table.columns.values(), strict=True)
    lines = [";".join(table.columns), *(";".join(cell or "" for cell in row) for row in cells)]
    (folder / "log.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    table.keys |= {"delimiter": ";", "files": [{"pattern": "log.csv"}]}


def _rename(table: Table, names: dict[str, str]) -> None:
    """Other names of raw columns, wherever the card has them."""
    columns = table.keys["columns"]
    for role, name in columns.items():
        columns[role] = [names.get(each, each) for each in name] if isinstance(name, list) else names.get(name, name)
