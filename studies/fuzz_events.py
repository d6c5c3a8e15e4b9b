"""Does every log load, or say why not, whatever is wrong with its files?

    python -m studies.fuzz_events --seconds 600            # until the time is over
    python -m studies.fuzz_events --only 4711              # one case again, with what came of it

Case n takes the raw files of a card (tests/events/fixtures), of a made-up shop in one of the dialects, or of one in any
form that a card can name (`log_forms`), spoils them in one to four ways and loads them. It is right if the log loads
and its account holds (rows read = kept + set aside, each of them found again in its file; every physical line read), or
if one of the package's own errors says why not. Now and then a form is left whole: then the log must have its very
rows. Every third case also drafts a card for a spoilt file: what is called ready must load, or say why not.
Anything else is a finding, and so are a hang and a dead process. A script, not an asv benchmark: importing it does
nothing.
"""

from __future__ import annotations

import gzip
import io
import shutil
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from rlbench_rec import events
from rlbench_rec.events.cards.find import find, resolve_files
from rlbench_rec.events.infer import draft
from rlbench_rec.testing.datasets import check_log
from studies.fuzzing import answered, campaign, spoil
from studies.log_forms import made_up as made_up_form
from studies.log_table import rows_of

RAW = Path(__file__).parents[1] / "tests" / "events" / "fixtures"
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
    with tempfile.TemporaryDirectory() as name:
        folder, chosen = Path(name), int(rng.integers(2 * (len(cards) + len(DIALECTS))))
        if chosen >= len(cards) + len(DIALECTS):
            return _play_form(folder, rng)
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
        return answered(lambda: _load(card, data, plain))


def _play_form(folder: Path, rng: np.random.Generator) -> str:
    form = made_up_form(folder, rng)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".toml")
    is_whole = not rng.integers(4)
    for _ in range(0 if is_whole else rng.integers(1, 5)):
        path = files[rng.integers(len(files))]
        path.write_bytes(spoil(path.read_bytes(), rng))
    if not rng.integers(3):
        return answered(lambda: _draft(files[0] if len(files) == 1 else folder / "lake"))
    if not is_whole:
        return answered(lambda: _load(str(form.card), folder, None))
    # Here a refusal is a finding too.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        log = events.load(form.card)
    check_log(log)
    kept = sorted(rows_of(log), key=str)
    assert kept == form.kept, f"{len(kept)} rows in place of {len(form.kept)}, or others: {form.card.read_text()}"
    return "loaded whole"


def _draft(file: Path) -> str:
    made = draft(file, file.with_name("drafted.toml"), overwrite=True)
    if not made.ready:
        return "drafted with questions"
    check_log(events.load(made.path))
    return "drafted and loaded"


def _load(card: str, data: Path, plain: dict[str, bytes] | None) -> str:
    log = events.load(card, data)
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
    lines = sum(map(_lines, contents))
    headers = len(contents) if found.card.header and found.card.dialect == "delimited" else 0
    assert report.rows_read == lines - headers, f"{lines} lines, {headers} of them headers; {report.rows_read} read"


def _lines(content: bytes) -> int:
    # Old Macs end lines with a carriage return.
    end = b"\n" if b"\n" in content else b"\r"
    return content.count(end) + (bool(content) and not content.endswith(end))


if __name__ == "__main__":
    sys.exit(campaign(play, __doc__))
