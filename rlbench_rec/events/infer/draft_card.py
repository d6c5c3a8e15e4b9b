"""A card for a file: drafted from its rows, tried on them, and written."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import InputError, OutputError, RlbenchError
from ...files import make_folder, write_text
from ...parsing import read_toml, validated
from ..cards.card import FILL_IN, DatasetCard
from ..cards.data_elsewhere import remember
from ..cards.find import data_folder
from .answers import read_answers, reading_keys
from .card.card_keys import card_keys
from .card.commented_card import commented_card
from .file_sample import look_into
from .guess import guess, numbered
from .plausibility import Trial, try_out
from .questions import Question


@dataclass(frozen=True)
class Draft:
    """A card that was written.

    Attributes:
        path: the card.
        columns: role -> (column, how it was found).
        events: raw value -> our event.
        notes: what was seen and decided, one sentence each.
        questions: what the user must decide before the card can be used, numbered.
        summary: what the looked-at rows become by the card, a line each; empty where it cannot read them yet.
        rows: how many rows were looked at.
        answers: what the user had said.
    """

    path: Path
    columns: dict[str, tuple[str, str]]
    events: dict[str, str]
    notes: list[str]
    questions: list[Question]
    summary: list[str]
    rows: int
    answers: tuple[str, ...] = field(default=())

    @property
    def ready(self) -> bool:
        """Whether the card can be used as it stands."""
        return not self.questions


def draft(file: Path, out: Path | None = None, *, overwrite: bool = False, answers: Sequence[str] = ()) -> Draft:
    """Look at a log, guess what its columns are, try the guess on the rows, and write a card.

    Args:
        file: a CSV (any delimiter, header or none), JSON, JSONL or Parquet file, packed or not, or a folder of them.
        out: the card to write; None writes `<name of the file>.toml` beside the file.
        overwrite: replace a card that is there. One with open questions is replaced anyway.
        answers: what is said in place of a guess, `KEY=VALUE` each: a role and its column (`item=sku`,
            `time=day,clock:%d/%m/%Y %H:%M`), an event (`events.add=cart`), or a key of the card (`decimal=,`).

    Raises:
        MissingFileError: no such file.
        InputError: not a log that can be looked at, a card name that does not end in .toml, or an answer that does not
            fit the file.
        OutputError: the card is there already, or cannot be written.
    """
    if file.name in ("", ".."):
        # The folder in which the user stands has its name outside.
        file = file.resolve()
    name = _card_id(file)
    out = out or file.with_name(f"{name}.toml")
    if out.suffix != ".toml":
        raise InputError("A card is a .toml file.", where=str(out), hint=f"Write {out.with_suffix('.toml')}.")
    if out.exists() and not overwrite and not _is_open(out):
        raise OutputError("There is a card here already.", where=str(out), hint="Choose another --out, or --overwrite.")
    sample = look_into(file, reading_keys(answers))
    roles = guess(sample, read_answers(answers, sample.names))
    roles.notes[:0] = sample.notes
    roles.questions[:0] = [question for question in sample.questions if not roles.answers.settle(question.key)]
    if not sample.whole:
        roles.note(f"{sample.rows:,} rows from the whole length of the log were looked at, not all of them.")
    keys = card_keys(name, roles)
    trial = Trial([])
    if FILL_IN not in str(keys) and keys.get("events") != {}:
        text = commented_card(keys, roles, [])
        # A mistake of the draft, or a value that was answered and does not fit.
        validated(tomllib.loads(text), DatasetCard, f"the card drafted for {file}", hint="Is an answer wrong?")
        trial = try_out(roles, text)
    questions = numbered(roles.questions)
    folder = _folder(sample.path, out)
    if folder:
        keys["folder"] = folder
    make_folder(out.parent)
    write_text(out, commented_card(keys, roles, questions))
    remember(out, folder, data_folder())
    columns = {role: (", ".join(names), roles.reasons[role]) for role, names in roles.columns.items() if names}
    return Draft(out, columns, roles.events, roles.notes, questions, trial.summary, sample.rows, tuple(answers))


def _is_open(card: Path) -> bool:
    """Whether it is a card that waits for answers."""
    try:
        return bool(read_toml(card, "card").get("questions"))
    except RlbenchError:
        return False


def _card_id(file: Path) -> str:
    stem = file.name.split(".")[0].lower()
    name = "".join(c if c.isascii() and c.isalnum() else "-" for c in stem)
    return "-".join(filter(None, name.split("-"))) or "shop"


def _folder(log: Path, card: Path) -> str:
    """Where the log lies, as seen from a card elsewhere; "" where it lies beside the card."""
    here = (log if log.is_dir() else log.parent).resolve()
    there = card.parent.resolve()
    return "" if here == there else Path(os.path.relpath(here, there)).as_posix()
