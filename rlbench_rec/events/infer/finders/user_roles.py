"""Who and in which visit: users, sessions, and whether a session's id is one."""

from __future__ import annotations

from collections import defaultdict

from ..event_words import STAND_INS
from ..evidence import Column, by_name, kind_rank
from ..roles import BY_NAME, Roles

FEW = 20
"""Rows below which a sample says nothing of users and sessions."""


def find_user(roles: Roles) -> None:
    """Take the column of users; ask where there is none, or where one value stands for most rows."""
    if roles.answered("user"):
        return
    # A column with one value for all comes last: it is one user's log, or says nothing.
    named = [column for column in roles.candidates("user") if column.name not in roles.listed]
    named.sort(key=lambda column: len(column.counts) == 1)
    if named:
        chosen = named[0]
        roles.take("user", [chosen.name], BY_NAME)
        for other in named[1:]:
            roles.note(f"user: '{chosen.name}' was taken; it could also be '{other.name}'.")
        _ask_about_gaps(roles, named)
        _ask_about_stand_ins(roles, chosen)


def _ask_about_gaps(roles: Roles, named: list[Column]) -> None:
    """A column that does not know many of its users loses their rows: is another one fuller?"""
    chosen = named[0]
    empty = 1 - len(chosen.present) / max(roles.rows, 1)
    fuller = [c for c in named[1:] if len(c.counts) > 1 and 1 - len(c.present) / max(roles.rows, 1) < empty / 2]
    if roles.rows < FEW or empty < (0.05 if fuller else 0.5):
        return
    text = f"'{chosen.name}' is empty in {empty:.0%} of the rows; without a session of their own they are set aside."
    if fuller:
        text += f" {', '.join(repr(column.name) for column in fuller)} is fuller. Which is the user?"
    roles.ask("user", text, [f"user={column.name}" for column in [*fuller, chosen]])


def ask_about_users(roles: Roles) -> None:
    """After all roles are given: is there no user?"""
    if roles.has("user") or "user" in roles.answers.columns:
        return
    free = [
        column
        for column in roles.free()
        if not column.is_nested and not column.name.startswith("#") and 1 < len(column.counts) < 0.9 * roles.rows
    ]
    ids = [c for c in free if not c.times and _looks_like_ids(c) and kind_rank(("purchase id",), c.name) is None]
    offers = [f"user={column.name}" for column in ids[:3]]
    consequence = "sessions are given" if roles.has("session") else "every row is then a session of its own"
    text = f"No column is called a user; without users {consequence}, and none is followed from visit to visit."
    roles.ask("user", f"{text} Is there one?", [*offers, "user=none"])


def _looks_like_ids(column: Column) -> bool:
    return all(" " not in text and "." not in text for text in column.counts) and len(column.counts) > 2


def _ask_about_stand_ins(roles: Roles, column: Column) -> None:
    (value, count), *others = column.counts.most_common(2)
    share = count / max(len(column.present), 1)
    stands_in = value.lower() in STAND_INS or value.strip("0") == ""
    if len(column.present) < FEW or len(column.counts) < 3 or not stands_in or count < 3 * others[0][1]:
        return
    text = (
        f"'{value}' is the user of {count:,} of {len(column.present):,} rows ({share:.0%}): does it stand for "
        "everybody who is not known? As a value that is missing it would be so in every column."
    )
    missing = [f"missing={','.join([*roles.missing, value])}"]
    roles.ask("busiest-user", text, [*missing, "accept=busiest-user"] if "missing" not in roles.answers.keys else [])


def find_session(roles: Roles) -> None:
    """Take the column of sessions, with that of users where ids are unique within a user alone."""
    if (said := roles.answers.keys.get("session")) is not None:
        roles.keys["session"] = said
    if roles.answered("session"):
        return
    if roles.keys.get("session") in ("gap", "row"):
        return
    # With a clock and users, an order belongs to the visit in which it was made.
    is_clocked = roles.has("timestamp") and roles.has("user")
    kinds = ("session", "episode") if is_clocked else ("session", "episode", "purchase id")
    for column in by_name(kinds, roles.free()):
        if column.is_nested or column.name in roles.listed or not _holds_visits(roles, column):
            continue
        roles.take("session", [column.name], BY_NAME)
        _within_users(roles, column)
        for other in by_name(("session",), roles.free()):
            if not other.is_nested:
                roles.note(f"session: '{column.name}' was taken; it could also be '{other.name}'.")
        return


def _holds_visits(roles: Roles, column: Column) -> bool:
    """Whether it groups rows: an id for every row is none of a visit, and one for all neither."""
    if roles.rows < FEW:
        return True
    if len(column.counts) == len(column.present):
        roles.note(f"session: '{column.name}' differs in every row, so it was not taken.")
        return False
    if len(column.counts) == 1:
        roles.note(f"session: '{column.name}' is '{column.example}' in every row, so it was not taken.")
        return False
    return True


def _within_users(roles: Roles, column: Column) -> None:
    if not roles.has("user"):
        return
    user = roles.column("user")
    users: dict[str, set[str]] = defaultdict(set)
    for session, name in zip(column.texts, user.texts, strict=True):
        if session and name:
            users[session].add(name)
    if not users:
        return
    crowded = sum(len(names) > 1 for names in users.values())
    share = crowded / len(users)
    most = max(len(names) for names in users.values())
    pair = f"session={user.name},{column.name}"
    if share >= 0.3:
        roles.take("session", [user.name, column.name], "ids of sessions are unique within a user alone")
        roles.note(
            f"session: {crowded:,} of {len(users):,} ids in '{column.name}' belong to several users (up to {most:,}), "
            "so user and id together are the session."
        )
    elif share >= 0.02:
        text = (
            f"{crowded:,} of {len(users):,} sessions in '{column.name}' hold several users: people who log in during a "
            "visit, or ids that are unique within a user alone?"
        )
        roles.ask("session", text, [f"session={column.name}", pair])
    elif crowded:
        roles.note(f"session: {crowded:,} of {len(users):,} sessions in '{column.name}' hold several users.")


def without_rows(roles: Roles, role: str) -> int:
    """Rows of the sample without a value of a role."""
    if not roles.has(role):
        return 0
    columns = [roles.all_columns[name] for name in roles.columns[role]]
    words = {"", *roles.missing}
    return sum(any(text in words for text in texts) for texts in zip(*(c.texts for c in columns), strict=True))
