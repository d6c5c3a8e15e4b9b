"""A card for a file: drafted from its rows, tried on them, and written as commented TOML."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import InputError, OutputError, RlbenchError
from ...files import make_folder, write_text
from ...parsing import read_toml, validated
from ..cards.card import FILL_IN, DatasetCard
from ..cards.data_elsewhere import remember
from ..cards.find import data_folder
from .answers import READING, read_answers, reading_keys
from .card_text import key, line, one_line, toml
from .decisions import are_decisions, claims
from .evidence import id_type
from .file_sample import look_into
from .guess import guess, numbered
from .plausibility import Trial, try_out
from .questions import Question
from .roles import Roles

WEIGHTS = {"view": 0.2, "click": 0.3, "favourite": 0.5, "cart": 0.5, "purchase": 1.0}
NEEDED = ("timestamp", "item")
"""Roles without which there is no log."""
ID_ROLES = ("item", "user", "session", "category", "slate")
RULES = {
    "given": "the log names the visits",
    "gap": "a visit ends where a user pauses longer than session_gap",
    "row": "every row is one decision, or nobody is known from row to row",
}


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
        text = _text(keys, roles, [])
        # A mistake of the draft, or a value that was answered and does not fit.
        validated(tomllib.loads(text), DatasetCard, f"the card drafted for {file}", hint="Is an answer wrong?")
        trial = try_out(roles, text)
    questions = numbered(roles.questions)
    folder = _folder(sample.path, out)
    if folder:
        keys["folder"] = folder
    make_folder(out.parent)
    write_text(out, _text(keys, roles, questions))
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


def card_keys(name: str, roles: Roles) -> dict[str, object]:
    """The keys of the card, in the order in which it is written."""
    sample, answers = roles.sample, roles.answers
    source, propensity = claims(roles)
    keys: dict[str, object] = {
        "id": name,
        "title": sample.path.name,
        "licence": "not stated",
        "citation": "none",
        "files": [{"pattern": sample.pattern}],
        "dialect": sample.dialect,
    }
    lists = dict(_table(sample.layout.get("lists")))
    keys |= {key: value for key, value in sample.layout.items() if key != "lists"}
    if roles.missing:
        keys["missing"] = roles.missing
    event = roles.keys.get("event")
    keys |= {key: value for key, value in roles.keys.items() if key not in ("session", "event")}
    if "timestamp" in roles.columns and keys.get("time_unit", "iso") == "iso" and "order" not in roles.columns:
        keys.setdefault("time_zone", "UTC")
    rule = _session_rule(roles)
    keys["session"] = rule
    if rule == "gap":
        keys["session_gap"] = 1800
    if event:
        keys["event"] = event
    keys |= {"action_source": source, "propensity": propensity}
    keys["reward_weights"] = _weights(roles) | answers.tables.get("reward_weights", {})
    keys["columns"] = _columns(roles)
    keys["id_types"] = _id_types(roles) | answers.tables.get("id_types", {})
    if roles.has("event") or not (event or roles.outcomes or lists.get("chosen")):
        keys["events"] = dict(roles.events)
    if roles.outcomes:
        keys["outcomes"] = dict(roles.outcomes)
    if lists:
        keys["lists"] = lists | answers.tables.get("lists", {})
    if context := {**roles.context, **{k: str(v) for k, v in answers.tables.get("context", {}).items()}}:
        keys["context"] = context
    keys |= {table: dict(answers.tables[table]) for table in ("where", "aliases") if table in answers.tables}
    said = {key: value for key, value in answers.keys.items() if key not in {*READING, "session", "event", "missing"}}
    return {**keys, **said}


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _session_rule(roles: Roles) -> str:
    if (said := roles.answers.keys.get("session")) is not None:
        return str(said)
    if roles.has("session"):
        return "given"
    return "row" if are_decisions(roles) or not roles.has("user") or roles.has("order") else "gap"


def _weights(roles: Roles) -> dict[str, object]:
    occurring = {*roles.events.values(), *roles.outcomes.values(), str(roles.keys.get("event", ""))}
    lists = _table(roles.sample.layout.get("lists")).get("chosen")
    occurring |= set(map(str, lists.values())) if isinstance(lists, dict) else set()
    weights: dict[str, object] = {event: weight for event, weight in WEIGHTS.items() if event in occurring}
    if not weights or set(weights) == {"click"}:
        return {"click": 1.0}
    return weights if len(weights) > 1 else dict.fromkeys(weights, 1.0)


def _columns(roles: Roles) -> dict[str, object]:
    columns: dict[str, object] = {}
    if not roles.has("order") and not roles.has("timestamp"):
        columns["timestamp"] = FILL_IN
    for role in ("timestamp", "order", "item", "event"):
        if roles.has(role):
            columns[role] = roles.columns[role][0] if len(roles.columns[role]) == 1 else roles.columns[role]
        elif role == "item":
            columns[role] = FILL_IN
    chosen = _table(roles.sample.layout.get("lists")).get("chosen")
    if not roles.has("event") and not roles.outcomes and not roles.keys.get("event") and not chosen:
        columns["event"] = FILL_IN
    for role, names in roles.columns.items():
        if names and role not in columns:
            columns[role] = names[0] if len(names) == 1 else names
    return columns


def _id_types(roles: Roles) -> dict[str, object]:
    types: dict[str, object] = {}
    for role in ID_ROLES:
        names = roles.columns.get(role, [])
        if not names or names[0] == "#list":
            continue
        types[role] = id_type(roles.all_columns[names[0]].present) if len(names) == 1 else "string"
    return types


def _text(keys: Mapping[str, object], roles: Roles, questions: list[Question]) -> str:
    """The card with its reasons."""
    sample = roles.sample
    comments = _comments(roles, str(keys["session"]))
    lines = [
        f"# A card for {one_line(sample.path.name)}, drafted from {sample.rows:,} of its rows.",
        "# Try it: rlbench data check CARD    then: rlbench run --dataset CARD",
        *(f"# Answered: {one_line(answer)}" for answer in roles.answers.written),
        "#",
        *(f"# {one_line(note)}" for note in roles.notes),
    ]
    if questions:
        lines += [
            "",
            "# While questions are open the card is refused. Answer them with rlbench data init --answer, or write the",
            "# values below and take out each question that they answer.",
            "questions = [",
            *(f"  {toml(one_line(str(question)))}," for question in questions),
            "]",
        ]
    lines.append("")
    tables = ("columns", "id_types", "events", "outcomes", "lists", "context")
    for name, value in keys.items():
        if name in ("files", "session", "action_source"):
            lines.append("")
        if name == "action_source":
            lines += [
                "# exposure: the system chose what was shown; choice: the user picked it. A file cannot tell, and",
                "# every claim rests on it: do not write exposure unless it is true.",
            ]
        if name not in tables:
            lines.append(line(name, value, comments.get(name, "")))
    asked = {question.key for question in questions}
    for table in tables:
        if table in keys:
            lines += ["", f"[{table}]" + _TITLES.get(table, "")]
            for name, value in _table(keys[table]).items():
                doubt = " OPEN: see the questions" if table == "columns" and name in asked else ""
                why = roles.reasons.get(name, "") if table == "columns" else ""
                lines.append(line(name, value, (why + doubt).strip()))
    lines += [f"# {key(value)} = ?  {share:.1%} of rows" for value, share in roles.strange.items()]
    if roles.offered and "context" not in keys:
        lines += ["", "# [context]  # known before the decision: take out the # of those that are"]
        lines += [f'# {key(name)} = "category"' for name in roles.offered]
    unused = [
        column.name for column in roles.free() if column.name not in roles.offered and not column.name.startswith("#")
    ]
    if unused:
        lines += ["", f"# Not used: {one_line(', '.join(unused))}"]
    # The lines of tables come last in TOML, so nothing else may follow them.
    return "\n".join(line for line in lines) + "\n"


_TITLES = {
    "columns": "  # ours = yours",
    "id_types": "  # int64, float or string; ids with leading zeros are text",
    "events": "  # yours = ours",
    "outcomes": "  # columns of 0 and 1, weakest first",
    "context": "  # known before the decision",
}


def _comments(roles: Roles, rule: str) -> dict[str, str]:
    return {
        "licence": "who may use this log, and for what",
        "files": "* matches the rest of a name: all such files are one log",
        "folder": "where they lie, as seen from this card",
        "missing": "these texts mean: no value",
        "time_zone": "of times without an offset; Europe/Berlin, say",
        "session": RULES[rule],
        "session_gap": "seconds",
        "propensity": "logged, uniform, estimated (exposures whose probabilities are unknown) or none",
    }
