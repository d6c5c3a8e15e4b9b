"""What happened: by words in a column, by columns of 0 and 1, by what the user says of all rows."""

from __future__ import annotations

from collections import Counter, defaultdict

from ....column_names import plain
from ..answers import NONE
from ..event_words import KNOWN_CODES, OTHER_EVENTS, likely_event, our_event
from ..evidence import Column, bare_names, by_name, names_a_kind
from ..questions import Question
from ..roles import BY_NAME, BY_VALUES, Roles, quoted

MOST_EVENTS = 80
"""A column with more distinct values than this is not a list of event types."""
STRENGTH = ("click", "favourite", "cart", "purchase")
"""Events that a column of 0 and 1 may tell, weakest first."""
FLAG_WORDS = (("0", "1"), ("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t"))
"""How a column says that something did not happen, and that it did."""
TOGETHER = 0.2
"""Where two raw events of one strong event meet in this share of cases, they may be one event told twice."""


def find_event(roles: Roles) -> None:
    """Take what says what happened, and ask what a word does not say."""
    if (said := roles.answers.keys.get("event")) is not None:
        roles.keys["event"] = said
        return
    if "outcomes" in roles.answers.tables:
        roles.outcomes = {name: str(event) for name, event in roles.answers.tables["outcomes"].items()}
        return
    if roles.answered("event"):
        if roles.has("event"):
            _read_events(roles)
        else:
            _ask_for_one(roles)
        return
    if {"#list", "#label"} <= roles.all_columns.keys():
        roles.take("event", ["#label"], "the label behind each element of the list")
        roles.events = {"0": "impression", "1": "click"}
        roles.note("events: a label of 0 was read as shown, 1 as clicked.")
        return
    if _has_chosen(roles):
        return
    words = [column for column in roles.candidates("event") if _has_words(column)]
    flags = {} if _counts(roles) else _flags(roles)
    if len(flags) > 1 and not words:
        _ask_about_flags(roles, flags)
        return
    codes = [column for column in roles.candidates("event") if _is_codes(column)]
    if words or codes:
        roles.take("event", [(words or codes)[0].name], BY_NAME)
        _read_events(roles)
        for column in words[1:]:
            roles.note(f"event: '{roles.columns['event'][0]}' was taken; it could also be '{column.name}'.")
        if len(flags) > 1:
            roles.note(f"Not used: the columns of 0 and 1 {quoted(flags)}, which say what happened too.")
        return
    told = [c for c in roles.free() if not c.is_nested and len(c.counts) <= MOST_EVENTS and c.share(our_event) > 0.5]
    if len(told) == 1:
        roles.take("event", [told[0].name], BY_VALUES)
        _read_events(roles)
    elif told:
        text = f"What happened may stand in any of {quoted(c.name for c in told)}. Which is it?"
        roles.ask("event", text, [f"event={column.name}" for column in told])
    elif unread := [c for c in roles.candidates("event") if len(c.counts) <= MOST_EVENTS]:
        roles.take("event", [unread[0].name], BY_NAME)
        _read_events(roles)
    elif flags:
        _ask_about_flags(roles, flags)
    elif rewards := [column for column in by_name(("reward",), roles.free()) if _is_flag(column)]:
        name = rewards[0].name
        text = (
            f"'{name}' is 1 in {_happened(rewards[0]):,} of {roles.rows:,} rows. What happened there, a click or more?"
        )
        roles.outcomes = {name: "click"}
        roles.ask("outcomes", text, [f"outcomes={name}:click", f"outcomes={name}:purchase"])
    else:
        _ask_for_one(roles)


def _has_chosen(roles: Roles) -> bool:
    """Whether the layout says which of the shown elements got an event."""
    lists = roles.sample.layout.get("lists")
    return isinstance(lists, dict) and bool(lists.get("chosen"))


def _has_words(column: Column) -> bool:
    return len(column.counts) <= MOST_EVENTS and any(our_event(value) for value in column.counts)


def _is_codes(column: Column) -> bool:
    return len(column.counts) <= 20 and all(len(value) <= 2 and value.isdigit() for value in column.counts)


def _is_flag(column: Column) -> bool:
    return bool(column.present) and any({v.lower() for v in column.counts} <= set(words) for words in FLAG_WORDS)


def _flags(roles: Roles) -> dict[str, str]:
    """Columns of 0 and 1 that are called like an event, weakest first."""
    events: dict[str, str] = {}
    for column in roles.free():
        event = _named_like(column) if _is_flag(column) else None
        rival = next((name for name, other in events.items() if other == event), None)
        if event and (rival is None or _happened(column) < _happened(roles.all_columns[rival])):
            # Of two columns that tell one event the stricter one counts: `clicked`, and not `opened`.
            events = {name: other for name, other in events.items() if name != rival} | {column.name: event}
    return dict(sorted(events.items(), key=lambda pair: STRENGTH.index(pair[1])))


def _named_like(column: Column) -> str | None:
    """The event that a column's name tells: `is_click`, `purchased`, `n_carts`."""
    bare = plain((bare_names(column.name) or [""])[-1])
    for word in ("is", "has", "was", "did", "num", "n"):
        stem = bare.removeprefix(word)
        for name in (bare, stem, stem.removesuffix("flag"), stem.removesuffix("count"), stem.removesuffix("s")):
            if (event := our_event(name)) in STRENGTH:
                return event
    return None


def _counts(roles: Roles) -> list[Column]:
    """Columns called like an event that count how often it happened."""
    amounts = roles.candidates("quantity", "total", "price")
    whole = [column for column in roles.free() if column.is_whole and _named_like(column) and column not in amounts]
    return [column for column in whole if "0" in column.counts and 1 < max(map(int, column.counts)) <= MOST_EVENTS]


def _ask_about_flags(roles: Roles, flags: dict[str, str]) -> None:
    counts = ", ".join(f"{name} in {_happened(roles.all_columns[name]):,}" for name in flags)
    pairs = ",".join(f"{name}:{event}" for name, event in flags.items())
    text = (
        f"Columns of 0 and 1 say what happened ({counts} of {roles.rows:,} rows). Is the strongest of them the event "
        "of a row, and `impression` where all are 0?"
    )
    roles.outcomes = flags
    roles.ask("outcomes", text, [f"outcomes={pairs}"])


def _happened(column: Column) -> int:
    yes = [words[1] for words in FLAG_WORDS]
    return sum(count for value, count in column.counts.items() if value.lower() in yes)


def _ask_for_one(roles: Roles) -> None:
    """No column says what happened: all rows are of one kind."""
    rated = bool(roles.candidates("rating"))
    bought = bool(roles.candidates("price", "quantity", "total", "purchase id", "order"))
    offers = ["view", "purchase", "click"] if rated and not bought else ["purchase", "view", "click"]
    if roles.candidates("propensity"):
        offers = ["click", "impression"]
    answers = [f"event={event}" for event in offers]
    text = "No column says what happened. What is every row: a purchase, a view, a click?"
    if counted := _counts(roles):
        several = quoted(column.name for column in counted)
        text = (
            f"{several} count what happened, up to {max(max(map(int, c.counts)) for c in counted)} times in a row. A "
            "card reads columns of 0 and 1 (outcomes), so write them as such, or say what every row is."
        )
    elif worded := _of_few_words(roles):
        lines = [f"'{column.name}' ({', '.join(list(column.counts)[:4])})" for column in worded]
        text = (
            f"No column is known to say what happened. Is it {' or '.join(lines)}? If none of them is: what is every "
            "row, a purchase, a view, a click?"
        )
        answers += [f"event={column.name}" for column in worded]
    roles.ask("event", text, answers)


def _of_few_words(roles: Roles) -> list[Column]:
    """Columns with two to twelve different words, which no name explains."""
    return [
        column
        for column in roles.free()
        if 2 <= len(column.counts) <= 12
        and not (column.is_nested or column.numbers or column.times or names_a_kind(column.name))
        and len(column.present) >= MOST_EVENTS
    ][:3]


def _read_events(roles: Roles) -> None:
    column = roles.column("event")
    said = roles.answers.events
    counts = column.counts
    if _is_flag(column) and not said and "click" in column.name.lower():
        # One row an exposure, and whether it was clicked; a column named otherwise may count anything.
        no = [words[0] for words in FLAG_WORDS]
        roles.events = {value: "impression" if value.lower() in no else "click" for value in counts}
        return
    if unknown := [value for value in said if value and value not in counts]:
        roles.note(f"events: {quoted(unknown)} does not occur in the rows that were looked at.")
    codes = _is_codes(column)
    for value, count in counts.most_common():
        event = said[value] if value in said else None if codes else our_event(value)
        if event:
            roles.events[value] = event
        else:
            roles.strange[value] = count / max(roles.rows, 1)
    roles.events |= {value: event for value, event in said.items() if event and value not in roles.events}
    roles.explained["unknown_event"] = sum(counts[value] for value in roles.strange) + _without(roles)
    if codes and (open_codes := [value for value in counts if value not in said]):
        _ask_about_codes(roles, column, open_codes)
    elif not codes:
        _ask_about_words(roles, counts)
    _ask_about_empty(roles, column)
    _ask_about_twins(roles, column)
    if set(roles.events.values()) <= {"impression"} and not roles.questions:
        text = f"'{column.name}' tells impressions alone. Which column says what was clicked or bought?"
        roles.ask("event", text, ["event=COLUMN"])


def _without(roles: Roles) -> int:
    """Rows without an event that no answer names."""
    return 0 if roles.answers.events.get("") else sum(not text for text in roles.column("event").texts)


def _ask_about_codes(roles: Roles, column: Column, codes: list[str]) -> None:
    shares = ", ".join(f"{code} in {column.counts[code]:,}" for code in sorted(codes, key=int))
    known = next((KNOWN_CODES[plain(name)] for name in bare_names(column.name) if plain(name) in KNOWN_CODES), {})
    if set(codes) <= set(known):
        offer = ",".join(f"{code}:{known[code]}" for code in sorted(codes, key=int))
    else:
        # The most frequent is most often the weakest.
        ranked = sorted(codes, key=lambda code: -column.counts[code])
        ladder = ["view", "cart", "purchase"] if len(codes) > 2 else ["view", "purchase"]
        offer = ",".join(f"{c}:{ladder[i] if i < len(ladder) else 'none'}" for i, c in enumerate(ranked))
    text = f"What do the codes in '{column.name}' mean ({shares} rows)? A file does not say; this is a guess:"
    roles.questions.append(Question("events", text, (f"events={offer}",)))


def _ask_about_words(roles: Roles, counts: Counter[str]) -> None:
    said = roles.answers.events
    known = [value for value in roles.strange if plain(value) in OTHER_EVENTS and value not in said]
    if known:
        rows = sum(counts[value] for value in known)
        roles.note(f"events: {quoted(known)} ({rows:,} rows) say nothing of an item, and are set aside.")
    open_words = [value for value in roles.strange if value not in said and value not in known]
    if not open_words or "events" in roles.answers.accepted:
        return
    shares = ", ".join(f"'{value}' ({roles.strange[value]:.1%})" for value in open_words[:8])
    more = f" and {len(open_words) - 8} more" if len(open_words) > 8 else ""
    text = f"What do these events mean: {shares}{more}? Their rows are set aside as unknown_event unless you say."
    guesses = ",".join(f"{value}:{likely_event(value) or NONE}" for value in open_words[:8])
    unguessed = [value for value in open_words if not likely_event(value)]
    example = [f"events.{unguessed[0]}=favourite"] if unguessed else []
    roles.questions.append(Question("events", text, (f"events={guesses}", *example, "events=none")))


def _ask_about_empty(roles: Roles, column: Column) -> None:
    empty = _without(roles)
    if not empty or "" in roles.answers.events:
        return
    text = (
        f"'{column.name}' is empty in {empty:,} of {roles.rows:,} rows ({empty / roles.rows:.1%}). What are they? "
        "`none` sets them aside as unknown_event."
    )
    # In a log of orders they are further lines of an order; elsewhere the weakest event is the likeliest.
    likely = "purchase" if set(roles.events.values()) - {"refund"} == {"purchase"} else "view"
    roles.questions.append(Question("empty-event", text, (f"events.={likely}", "events.=none")))


def _ask_about_twins(roles: Roles, column: Column) -> None:
    """Raw events that end as one strong event and meet in one session and item: one order told several times?"""
    if "twins" in roles.answers.accepted:
        return
    told = [roles.column(role) for role in ("user", "session", "item") if roles.has(role)]
    places = [column.texts for column in told]
    raws: dict[str, list[str]] = defaultdict(list)
    for value, event in roles.events.items():
        raws[event].append(value)
    for event in ("purchase", "cart"):
        twins = _apart(raws[event])
        if len(twins) < 2 or not places or set(twins) & roles.answers.events.keys():
            continue
        cases: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for value, *place in zip(column.texts, *places, strict=True):
            if value in twins:
                cases[tuple(place)].add(value)
        together = sum(len(found) > 1 for found in cases.values())
        if together < TOGETHER * len(cases):
            continue
        counts = " and ".join(f"'{value}' ({column.counts[value]:,} rows)" for value in twins)
        text = (
            f"{counts} all end as {event}, and in {together:,} of {len(cases):,} cases they occur together for the "
            f"same user and item: one {event} would count several times. Which one is it?"
        )
        best = sorted(twins, key=lambda value: plain(value) not in ("purchase", "ordercompleted", "buy", "order"))
        offers = [_keeping(keep, twins, event) for keep in best]
        roles.questions.append(Question("twins", text, (*offers, "accept=twins")))


def _keeping(keep: str, twins: list[str], event: str) -> str:
    return "events=" + ",".join(f"{value}:{event if value == keep else 'none'}" for value in twins)


def _apart(values: list[str]) -> list[str]:
    """Values that differ by more than case and punctuation."""
    return list({plain(value): value for value in values}.values())
