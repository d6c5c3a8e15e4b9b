"""What the columns of a table of logged decisions are for, and which column of a file plays which part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...column_names import likely_columns, plain
from ...errors import InputError
from ...spelling import nearest
from ...what_to_log import WHAT_TO_LOG

NOT_USED = "none"
"""Given as the name of a column, it leaves an optional one out."""


@dataclass(frozen=True)
class Role:
    """A part that a column can play.

    Attributes:
        default: name of the column where no other is given; empty: there is none.
        what: what it holds.
        required: whether there is no estimate without it.
        kinds: keys of `COLUMN_NAMES`. Columns of these names are never taken unasked, but suggested.
    """

    default: str
    what: str
    required: bool = False
    kinds: tuple[str, ...] = ()


ROLES: dict[str, Role] = {
    "reward": Role("reward", "what the decision earned", True, ("reward",)),
    "propensity": Role("propensity", "the behaviour policy's probability of the logged action", True, ("propensity",)),
    "target_propensity": Role(
        "target_propensity", "the target policy's probability of the same action", True, ("target propensity",)
    ),
    "q": Role("q_logged", "a model's expected reward of the logged action", kinds=("q",)),
    "v": Role("v_target", "the same model's expected reward under the target policy", kinds=("v",)),
    "unsupported_mass": Role(
        "unsupported_mass", "the target policy's probability of actions that the behaviour policy never takes"
    ),
    "episode": Role("episode", "the session a decision belongs to", kinds=("episode", "session")),
    "step": Role("step", "its place in the session: a number or a time", kinds=("step", "time")),
    "user": Role("user", "whose decision it was", kinds=("user",)),
    "weight": Role("", "how many rows of the whole log a row stands for", kinds=("row weight",)),
    "decision": Role(
        "decision_id",
        "which decision it was; a decision that the table holds twice is counted once",
        kinds=("decision", "request"),
    ),
    "action": Role("action", "what was decided", kinds=("action", "item")),
    "weights": Role("", "the importance weight: the target policy's probability over the behaviour policy's"),
    "scores": Role("", "a list of scores, one for each action"),
    "base": Role("", "a list of the behaviour policy's probabilities, one for each action"),
}
"""Parts by name; the name is also the option of `rlbench ope`, with - for _."""


def assigned(
    names: Sequence[str], named: Mapping[str, str | None], where: str, without: Sequence[str] = ()
) -> dict[str, str]:
    """Part -> column, for all parts that are played.

    Args:
        names: columns of the file.
        named: part -> column, where not the default one; `none` leaves an optional part out.
        where: the file, for errors.
        without: parts that no column plays.

    Raises:
        InputError: a column that is not there, or q without v.
    """
    part_columns = {}
    for part, role in ROLES.items():
        name = named.get(part)
        if part in without or (name == NOT_USED and not role.required):
            continue
        if name is not None or (role.default and role.default in names) or role.required:
            part_columns[part] = column(names, name or role.default, where, part)
    if ("q" in part_columns) != ("v" in part_columns):
        if named.get("q") or named.get("v"):
            what = "q and v belong together: doubly robust estimators read both."
            raise InputError(what, where=where, hint="Name both: --q COLUMN --v COLUMN.")
        part_columns.pop("q", None), part_columns.pop("v", None)
    return part_columns


def column(names: Sequence[str], name: str, where: str, part: str | None = None, *, option: str = "metric") -> str:
    """The name, if there is such a column.

    Raises:
        InputError: there is none; says which there are, and which may be meant.
    """
    if name in names:
        return name
    role = ROLES.get(part or "")
    taken = {other.default for other in ROLES.values()}
    free = [other for other in names if other not in taken]
    guesses = (likely(part, names) if part and role else []) or ([near] if (near := nearest(name, free)) else [])
    option = f"--{(part or option).replace('_', '-')}"
    guess = f"Is it {option} {guesses[0]}? " if guesses else f"Name it: {option} COLUMN. " if role else ""
    if part == "propensity":
        guess += "Were none logged? --features A,B estimates them. "
    if part == "reward" and not guesses and likely("action", names) and likely_columns(("time",), names):
        guess += "Is this a log of events, not a table of decisions? `rlbench data init FILE` reads it. "
        guess += f"{WHAT_TO_LOG} "
    if len(names) == 1:
        guess = "Its header holds one name: cells must be separated by a comma, a semicolon, a bar or a tab. "
    if names and all(_is_number(other) for other in names):
        guess = "The first line must hold the names of the columns. "
    what = f"There is no column '{name}'" + (f" ({role.what})." if role else ".")
    shown = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    raise InputError(what, where=where, hint=f"{guess}The file has: {shown or 'no columns'}.")


def likely(part: str, names: Sequence[str]) -> list[str]:
    """Columns that are often called what plays a part, in whatever letters: `userId`, `User ID`; likeliest first."""
    return likely_columns(ROLES[part].kinds, names)


def overlooked(
    names: Sequence[str], part_columns: Mapping[str, str], named: Mapping[str, str | None]
) -> tuple[str, ...]:
    """Questions to the user about columns that play no part, and were not left out by name."""
    notes = []
    for part, loss in (
        ("episode", "every row is taken as a session of its own"),
        ("user", "rows are taken as independent of one another"),
        ("weight", "every row counts alike"),
    ):
        if part not in part_columns and named.get(part) != NOT_USED:
            free = [name for name in likely(part, names) if name not in part_columns.values()]
            if part == "episode" and "step" in part_columns and not free:
                notes.append(f"There is a column '{part_columns['step']}' but no episode (--episode COLUMN): {loss}.")
            notes += [f"Is '{free[0]}' the {part}? Without --{part} {free[0]}, {loss}."] if free else []
    for name in part_columns.values():
        twins = [other for other in names if other != name and plain(other) == plain(name) != ""]
        notes += [f"There is a column '{twins[0]}' too; '{name}' is the one that is read."] if twins else []
    return tuple(notes)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
