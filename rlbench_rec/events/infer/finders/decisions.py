"""Whether rows are decisions of the system, and what licenses a claim: both are the user's to say."""

from __future__ import annotations

from ..evidence import Column, kind_rank
from ..forms.number_forms import plain_number
from ..roles import Roles

FORMS = ("probability", "log", "percent", "inverse")


def find_propensity(roles: Roles) -> None:
    """A column may be a propensity only if the user says so: a prediction of a click looks the same."""
    if roles.answered("propensity"):
        if roles.has("propensity"):
            form = roles.answers.forms.get("propensity", "probability")
            if form != "probability":
                roles.keys["propensity_form"] = form
        return
    if "propensity" in roles.answers.keys:
        return
    candidates = roles.candidates("propensity")
    named = [column for column in candidates if _forms(column)]
    if not named:
        _ask_about_no_form(roles, candidates)
        return
    column, forms = named[0], _forms(named[0])
    numbers = [_number(text) or 0.0 for text in column.counts]
    text = (
        f"'{column.name}' ({min(numbers):g} to {max(numbers):g}): is it the probability with which the system chose "
        "the item that was shown? Off-policy evaluation then rests on it, and the rows are exposures. A prediction of "
        "a click or purchase is not one."
    )
    offers = [f"propensity={column.name}" + (f":{form}" if form != "probability" else "") for form in forms]
    roles.ask("propensity", text, [*offers, "propensity=none"])


def _forms(column: Column) -> list[str]:
    """How the numbers could be propensities."""
    numbers = [_number(text) for text in column.counts]
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers) or not known:
        return []
    if all(text.endswith("%") for text in column.counts):
        return ["percent"]
    if all(0 < number <= 1 for number in known):
        return ["probability"]
    if all(number <= 0 for number in known):
        return ["log"]
    if all(0 < number <= 100 for number in known):
        if any(number < 1 for number in known):
            return ["percent"]
        is_inverse = any(word in column.name.lower() for word in ("inv", "ips", "ipw", "weight"))
        return ["inverse", "percent"] if is_inverse else ["percent", "inverse"]
    return ["inverse"] if all(number >= 1 for number in known) else []


def _ask_about_no_form(roles: Roles, candidates: list[Column]) -> None:
    """A column that is called a propensity, with values that none can have."""
    for column in candidates:
        numbers = [number for text in column.counts if (number := _number(text)) is not None]
        if len(numbers) == len(column.counts) and numbers:
            text = (
                f"'{column.name}' is called a propensity, and holds numbers from {min(numbers):g} to {max(numbers):g}: "
                "no probability of what was shown is 0 or less, and no form of one fits them all."
            )
            roles.ask("propensity", text, ["propensity=none"])
            return


def _number(text: str) -> float | None:
    return plain_number(text.removesuffix("%"))


def ask_about_source(roles: Roles) -> None:
    """Impressions were shown by somebody: only the user knows whether the system chose them."""
    if "action_source" in roles.answers.keys:
        return
    lists = roles.sample.layout.get("lists")
    told = roles.outcomes or (isinstance(lists, dict) and lists.get("chosen"))
    shown = told or "impression" in roles.events.values() or roles.keys.get("event") == "impression"
    if roles.has("propensity") or not shown:
        return
    text = (
        "The log holds impressions. Did the system choose what was shown (exposure), or did users find it themselves "
        "(choice)? Every claim rests on it, and a file cannot tell."
    )
    roles.ask("action_source", text, ["action_source=exposure", "action_source=choice"])


def are_decisions(roles: Roles) -> bool:
    """Whether every row is a decision of the system by itself: no visit is to be made of them."""
    if roles.has("session") or roles.has("order") or "session" in roles.answers.keys:
        return False
    if roles.has("propensity"):
        return True
    events = set(roles.events.values()) | set(roles.outcomes.values())
    offers = roles.has("item") and not roles.has("price") and "offer" in _kinds(roles.columns["item"][0])
    return offers and bool(events) and events <= {"impression", "click", "purchase"}


def _kinds(name: str) -> list[str]:
    return [kind for kind in ("item", "offer") if kind_rank((kind,), name) is not None]


def claims(roles: Roles) -> tuple[str, str]:
    """`action_source` and `propensity` of the card."""
    source = str(roles.answers.keys.get("action_source", "exposure" if roles.has("propensity") else "choice"))
    known = str(roles.answers.keys.get("propensity", "logged" if roles.has("propensity") else "none"))
    return source, known
