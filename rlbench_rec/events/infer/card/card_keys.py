"""The keys of a drafted card, from what was made of the columns."""

from __future__ import annotations

from collections.abc import Mapping

from ...cards.card import FILL_IN
from ..answers import READING
from ..evidence import id_type
from ..finders.decisions import are_decisions, claims
from ..roles import Roles

WEIGHTS = {"view": 0.2, "click": 0.3, "favourite": 0.5, "cart": 0.5, "purchase": 1.0}
"""Default rewards of the events that occur."""
ID_ROLES = ("item", "user", "session", "category", "slate")


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
    lists = dict(table_of(sample.layout.get("lists")))
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


def table_of(value: object) -> Mapping[str, object]:
    """The value as a table; an empty one where it is none."""
    return value if isinstance(value, dict) else {}


def _session_rule(roles: Roles) -> str:
    if (said := roles.answers.keys.get("session")) is not None:
        return str(said)
    if roles.has("session"):
        return "given"
    return "row" if are_decisions(roles) or not roles.has("user") or roles.has("order") else "gap"


def _weights(roles: Roles) -> dict[str, object]:
    occurring = {*roles.events.values(), *roles.outcomes.values(), str(roles.keys.get("event", ""))}
    lists = table_of(roles.sample.layout.get("lists")).get("chosen")
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
    chosen = table_of(roles.sample.layout.get("lists")).get("chosen")
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
