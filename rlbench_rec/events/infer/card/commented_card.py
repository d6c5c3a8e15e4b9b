"""A drafted card as TOML, with the reasons for what it says and what is still open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..questions import Question
from ..roles import Roles
from .card_keys import table_of
from .card_text import key, line, one_line, toml

RULES = {
    "given": "the log names the visits",
    "gap": "a visit ends where a user pauses longer than session_gap",
    "row": "every row is one decision, or nobody is known from row to row",
}
"""Rule of sessions -> why it was taken."""


def commented_card(keys: Mapping[str, object], roles: Roles, questions: Sequence[Question]) -> str:
    """The card with its reasons."""
    sample = roles.sample
    comments = _comments(str(keys["session"]))
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
            for name, value in table_of(keys[table]).items():
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
    return "\n".join(lines) + "\n"


_TITLES = {
    "columns": "  # ours = yours",
    "id_types": "  # int64, float or string; ids with leading zeros are text",
    "events": "  # yours = ours",
    "outcomes": "  # columns of 0 and 1, weakest first",
    "context": "  # known before the decision",
}


def _comments(rule: str) -> dict[str, str]:
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
