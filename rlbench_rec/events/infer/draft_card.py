"""The card for a file, as commented TOML."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from ...errors import InputError, OutputError
from ...files import make_folder, write_text
from ..cards.card import DatasetCard
from .file_sample import look_into
from .roles import NEEDED, Roles, guess, id_type
from .sample import Sample

WEIGHTS = {"view": 0.2, "click": 0.3, "favourite": 0.5, "cart": 0.5, "purchase": 1.0}
FILL_IN = "FILL IN"
ID_ROLES = ("item", "user", "session", "category", "slate")


@dataclass(frozen=True)
class Draft:
    """A card that was written.

    Attributes:
        path: the card.
        columns: role -> (column, how it was found).
        events: raw value -> our event.
        doubts: what could not be determined, one sentence each.
        complete: whether the card can be used as it stands.
        rows: how many rows were looked at.
    """

    path: Path
    columns: dict[str, tuple[str, str]]
    events: dict[str, str]
    doubts: list[str]
    complete: bool
    rows: int


def draft(file: Path, out: Path | None = None, *, overwrite: bool = False) -> Draft:
    """Look at a log, guess what its columns are, and write a card for it.

    Args:
        file: a CSV (any delimiter, header or none), JSONL or Parquet file, packed or not.
        out: the card to write; None writes `<name of the file>.toml` beside the file.
        overwrite: replace a card that is there.

    Raises:
        MissingFileError: no such file.
        InputError: not a log that can be looked at, or a card name that does not end in .toml.
        OutputError: the card is there already, or cannot be written.
    """
    name = _card_id(file)
    out = out or file.with_name(f"{name}.toml")
    if out.suffix != ".toml":
        raise InputError("A card is a .toml file.", where=str(out), hint=f"Write {out.with_suffix('.toml')}.")
    if out.exists() and not overwrite:
        raise OutputError("There is a card here already.", where=str(out), hint="Choose another --out, or --overwrite.")
    sample = look_into(file)
    roles = guess(sample)
    doubts = list(roles.doubts)
    if not sample.whole:
        doubts.append(f"{sample.rows:,} rows from the whole length of the file were looked at, not all of them.")
    text = _card(name, sample, roles, doubts)
    complete = not [role for role in NEEDED if role not in roles.columns] and bool(roles.events)
    if complete:
        # A card that says it is ready must be one.
        DatasetCard.model_validate(tomllib.loads(text))
    make_folder(out.parent)
    write_text(out, text)
    columns = {role: (column, roles.reasons[role]) for role, column in roles.columns.items()}
    return Draft(out, columns, roles.events, doubts, complete, sample.rows)


def _card_id(file: Path) -> str:
    stem = file.name.split(".")[0].lower()
    name = "".join(c if c.isascii() and c.isalnum() else "-" for c in stem)
    return "-".join(filter(None, name.split("-"))) or "shop"


def _card(name: str, sample: Sample, roles: Roles, doubts: list[str]) -> str:
    columns = roles.columns
    session = _session(columns)
    exposure = "propensity" in columns or "impression" in roles.events.values()
    weights = {e: w for e, w in WEIGHTS.items() if e in roles.events.values()} or {"click": 1.0}
    lines = [
        f"# A card for {_one_line(sample.path.name)}, guessed from {sample.rows:,} of its rows.",
        "# Try it: rlbench data check CARD    then: rlbench run --dataset CARD",
        "#",
        *(f"# Could not tell - {_one_line(doubt)}" for doubt in doubts),
        "" if not doubts else "#",
        f"id = {_toml(name)}",
        f"title = {_toml(sample.path.name)}",
        'licence = "not stated"  # who may use this log, and for what',
        'citation = "none"',
        "",
        f"files = [{{ pattern = {_toml(sample.pattern)} }}]"
        "  # * matches the rest of a name: all such files are one log",
        f"dialect = {_toml(sample.dialect)}",
    ]
    lines += [f"{key} = {_toml(value)}" for key, value in sample.layout.items()]
    if roles.missing:
        lines.append(f"missing = {_toml(roles.missing)}  # these texts mean: no value")
    lines += ["", f"time_unit = {_toml(roles.time_unit)}  # iso, s or ms"]
    if roles.time_unit == "iso":
        lines.append('time_zone = "UTC"  # of times without an offset; Europe/Berlin, say')
    lines += [
        f"session = {_toml(session)}  # " + _SESSION_NOTES[session],
        *(["session_gap = 1800  # seconds"] if session == "gap" else []),
        "",
        *_claims(columns, exposure),
        f"reward_weights = {{ {', '.join(f'{event} = {weight}' for event, weight in weights.items())} }}",
        "",
        "[columns]  # ours = yours",
    ]
    for role in (*NEEDED, *(r for r in columns if r not in NEEDED)):
        why = f"  # {roles.reasons[role]}" if role in columns else "  # could not tell: name the column"
        lines.append(f"{role} = {_toml(columns.get(role, FILL_IN))}{why}")
    unused = [n for n in sample.names if n not in columns.values()]
    if unused:
        lines.append(f"# not used: {_one_line(', '.join(unused))}")
    types = {r: id_type(_values(sample, roles, columns[r])) for r in ID_ROLES if r in columns}
    lines += ["", "[id_types]  # int64 or string; ids with leading zeros are text"]
    lines += [f"{role} = {_toml(kind)}" for role, kind in types.items()]
    lines += ["", "[events]  # yours = impression, view, click, cart, favourite, remove or purchase"]
    lines += [f"{_toml(value)} = {_toml(event)}" for value, event in roles.events.items()]
    lines += [f"# {_one_line(_toml(value))} = ?  {share:.1%} of rows" for value, share in roles.strange.items()]
    return "\n".join(lines) + "\n"


_SESSION_NOTES = {
    "given": "the log names the visits",
    "gap": "a visit ends where a user pauses longer than session_gap",
    "row": "no session and no user: every row is one decision",
}


def _session(columns: dict[str, str]) -> str:
    return "given" if "session" in columns else "gap" if "user" in columns else "row"


def _claims(columns: dict[str, str], exposure: bool) -> list[str]:
    source = "exposure" if exposure else "choice"
    known = "logged" if "propensity" in columns else "none"
    return [
        "# exposure: the system chose what was shown; choice: the user picked it. A file cannot tell, and every claim",
        "# rests on it: do not write exposure unless it is true.",
        f'action_source = "{source}"',
        f'propensity = "{known}"  # logged, uniform, estimated (exposures whose probabilities are unknown) or none',
    ]


def _values(sample: Sample, roles: Roles, column: str) -> list[str]:
    return [text for text in sample.columns[column] if text and text not in roles.missing]


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_toml(key)} = {_toml(inner)}' for key, inner in value.items())} }}"
    # A JSON string is a TOML basic string, but for the one control character that JSON leaves bare.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
