"""Does every log load, or say why not, whatever is wrong with its files?

    python benchmarks/fuzz_events.py --seconds 600            # until the time is over
    python benchmarks/fuzz_events.py --only 4711              # one case again, with what came of it

Case n takes the raw files of a card (tests/events/fixtures), or of a made-up shop in one of the dialects, spoils them
in one to four ways and loads them. It is right if the log loads and its account holds (rows read = kept + set aside,
each of them found again in its file; every physical line read), or if one of the package's own errors says why not.
Anything else is a finding, and so are a hang and a dead process. A script, not an asv benchmark: importing it does
nothing.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import gzip
import io
import json
import multiprocessing
import shutil
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from rlbench_rec import events
from rlbench_rec.errors import RlbenchError
from rlbench_rec.events.cards.find import find, resolve_files
from rlbench_rec.testing.datasets import check_log

RAW = Path(__file__).parents[1] / "tests" / "events" / "fixtures"
BATCH, PATIENCE = 25, 120.0
"""Cases a process, and the seconds that it has for them."""
TOKENS = (
    *(b"", b"0", b"-1", b"1e309", b"9007199254740993", b"99999999999999999999", b"NaN", b"null", b"NA", b"infinity"),
    *(
        b"\x00",
        b"\xff\xfe",
        b'"',
        b'""',
        b'"a',
        b"'",
        b"\\",
        b",",
        b";",
        b"\t",
        b" ",
        b"=1+1",
        b"[1,2]",
        b"{}",
        b"true",
    ),
    *(b"1970-01-01", b"2019-03-31 02:30:00 UTC", b"\xf0\x9f\x9b\x92", b"x" * 5_000),
)
SHOP = """id = "shop"
title = "A made-up shop"
licence = "own"
citation = "none"
dialect = "{dialect}"
time_unit = "s"
action_source = "choice"
propensity = "none"
reward_weights = {{ view = 1.0 }}
files = [{{ pattern = "log.*" }}]
columns = {{ timestamp = "t", user = "u", item = "i", event = "e", price = "p" }}
events = {{ view = "view", buy = "purchase" }}
"""
DIALECTS = ("delimited", "jsonl", "parquet")


def made_up(folder: Path, dialect: str, rng: np.random.Generator) -> Path:
    """A card and thirty rows beside it."""
    rows = pd.DataFrame(
        {
            "t": 1_570_000_000 + np.cumsum(rng.integers(0, 4_000, 30)),
            "u": rng.integers(0, 5, 30),
            "i": rng.integers(-3, 2**60, 30),
            "e": rng.choice(["view", "buy", "look"], 30),
            "p": rng.choice([0.0, 9.99, np.nan], 30),
        }
    )
    (folder / "shop.toml").write_text(SHOP.format(dialect=dialect))
    if dialect == "delimited":
        rows.to_csv(folder / "log.csv", index=False)
    elif dialect == "jsonl":
        rows.to_json(folder / "log.jsonl", orient="records", lines=True)
    else:
        for name in rng.choice(["t", "u", "i", "e", "p"], rng.integers(0, 3), replace=False):
            rows[name] = rows[name].astype(rng.choice(["str", "object", "category"]))
        rows.to_parquet(folder / "log.parquet", index=bool(rng.integers(2)))
    return folder / "shop.toml"


def spoil(content: bytes, rng: np.random.Generator) -> bytes:
    """The content with one thing wrong."""
    lines = content.split(b"\n")
    at, line = int(rng.integers(len(content) + 1)), int(rng.integers(len(lines)))
    token = TOKENS[rng.integers(len(TOKENS))]
    ways: list[Callable[[], bytes]] = [
        lambda: content[:at],
        lambda: content[:at] + token + content[at:],
        lambda: content[:at] + rng.bytes(3) + content[at:],
        lambda: content[:at] + content[at + int(rng.integers(1, 60)) :],
        lambda: content.replace(b"\n", b"\r\n"),
        lambda: content.replace(b"\n", b"\r", int(rng.integers(1, 4))),
        lambda: b"\xef\xbb\xbf" + content,
        lambda: content + content,
        lambda: content.rstrip(b"\n"),
        lambda: b"",
        lambda: b"\n".join(lines[line:]),
        lambda: b"\n".join([*lines[:line], *lines[line : line + 1] * 3, *lines[line + 1 :]]),
        lambda: b"\n".join([*lines[:line], b"", token, *lines[line:]]),
        lambda: b"\n".join([lines[0], *(lines[1:][i] for i in rng.permutation(len(lines) - 1))]),
        lambda: b"\n".join([*lines[:line], _field(lines[line], token, rng), *lines[line + 1 :]]),
        lambda: b"\n".join(_field(each, token, rng) for each in lines),
        lambda: b"\n".join(each + b"," + token for each in lines),
        lambda: content.replace(b",", b";"),
        lambda: content.replace(b'"', b"'"),
    ]
    return ways[rng.integers(len(ways))]()


def _field(line: bytes, token: bytes, rng: np.random.Generator) -> bytes:
    """The line with another text in one of its fields."""
    separator = max((b",", b";", b"@", b"\t"), key=line.count)
    fields = line.split(separator)
    fields[rng.integers(len(fields))] = token
    return separator.join(fields)


def pack(path: Path, rng: np.random.Generator) -> bool:
    """The file as .gz or .zip in its place, now and then broken; whether it is whole."""
    content = path.read_bytes()
    if rng.integers(2):
        packed, name = gzip.compress(content), f"{path.name}.gz"
    else:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(path.name, content)
        packed, name = stream.getvalue(), f"{path.name}.zip"
    path.unlink()
    whole = bool(rng.integers(4))
    path.with_name(name).write_bytes(packed if whole else spoil(packed, rng))
    return whole


def play(seed: int, number: int) -> str:
    """One case: `loaded`, or the name of the error that says why not.

    Raises:
        Exception: a finding.
    """
    rng = np.random.default_rng((seed, number))
    cards = sorted(path.name for path in RAW.iterdir() if path.is_dir())
    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folder, chosen = Path(name), int(rng.integers(len(cards) + len(DIALECTS)))
        if chosen < len(cards):
            data = Path(shutil.copytree(RAW / cards[chosen], folder / "data"))
            variants = [f"{cards[chosen]}/{variant}" for variant in events.find_card(cards[chosen]).variants]
            card = variants[rng.integers(len(variants))] if variants else cards[chosen]
        else:
            data = folder
            card = str(made_up(folder, DIALECTS[chosen - len(cards)], rng))
        files = sorted(path for path in data.rglob("*") if path.is_file() and path.suffix != ".toml")
        for _ in range(rng.integers(1, 5)):
            path = files[rng.integers(len(files))]
            path.write_bytes(spoil(path.read_bytes(), rng))
        plain = {path.name: path.read_bytes() for path in files}
        if not rng.integers(3) and not pack(files[rng.integers(len(files))], rng):
            plain = None
        try:
            log = events.load(card, data)
        except RlbenchError as error:
            assert error.what and error.where, f"an error that does not say what and where: {error!r}"
            return type(error).__name__
        _check(log, card, data, plain)
    return "loaded"


def _check(log: events.EventLog, card: str, data: Path, plain: dict[str, bytes] | None) -> None:
    """The account, and against the files' own lines where they are known: a broken archive may be read as text."""
    report = log.report
    check_log(log)
    found = find(card)
    if plain is None or found.card.lists or found.card.dialect == "parquet":
        return
    read = {path.name.removesuffix(".gz").removesuffix(".zip") for path in resolve_files(found, data)}
    contents = [content for name, content in plain.items() if name in read]
    lines = sum(content.count(b"\n") + (bool(content) and not content.endswith(b"\n")) for content in contents)
    headers = len(contents) if found.card.header and found.card.dialect == "delimited" else 0
    assert report.rows_read == lines - headers, f"{lines} lines, {headers} of them headers; {report.rows_read} read"


def _play_batch(seed: int, first: int, at: multiprocessing.Value, results: multiprocessing.Queue) -> None:
    for number in range(first, first + BATCH):
        at.value = number
        try:
            with contextlib.redirect_stderr(io.StringIO()):
                outcome = play(seed, number)
        except Exception as error:
            outcome = f"FINDING case {number}: {type(error).__name__}: {' '.join(str(error).split())[:300]}"
        results.put(outcome)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--only", type=int, help="one case")
    options = parser.parse_args()
    if options.only is not None:
        print(play(options.seed, options.only))
        return 0
    began, first, outcomes = time.monotonic(), options.first, collections.Counter()
    context = multiprocessing.get_context("fork")
    while time.monotonic() - began < options.seconds:
        at, results = context.Value("q", first), context.Queue()
        batch = context.Process(target=_play_batch, args=(options.seed, first, at, results))
        batch.start()
        batch.join(PATIENCE)
        if batch.is_alive() or batch.exitcode:
            how = "hangs" if batch.is_alive() else f"dies ({batch.exitcode})"
            batch.kill()
            outcomes[f"FINDING case {at.value} {how}"] += 1
        while not results.empty():
            outcomes[results.get()] += 1
        first += BATCH
    findings = [name for name in outcomes if name.startswith("FINDING")]
    print(
        json.dumps({"cases": first - options.first, "seconds": round(time.monotonic() - began), **outcomes}, indent=1)
    )
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
