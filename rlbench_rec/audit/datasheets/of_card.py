"""The datasheet of a data set, from its card."""

from __future__ import annotations

from typing import Any, get_args

from ...events import find_card, list_cards
from ...events.cards.card import DatasetCard
from ...events.cards.shape import Role, raw_names
from ...mdp.provenance import NOT_IDENTIFIED
from .datasheet import DataField, DataFile, Datasheet, FieldType, Licence

MEDIA = {
    "delimited": "text/csv",
    "jsonl": "application/jsonlines",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
}
TYPES: dict[str, FieldType] = {
    "order": "integer",
    "since_start": "integer",
    "price": "number",
    "total": "number",
    "quantity": "integer",
    "rating": "number",
    "propensity": "number",
    "position": "integer",
}
"""Role -> what its column holds, where that is not text or an id."""
IDENTIFIED_BY = {
    "logged": "The behaviour policy's probabilities are in the log: off-policy estimates are identified.",
    "uniform": "All items were equally likely to be shown: off-policy estimates are identified.",
    "estimated": "The behaviour policy's probabilities must be estimated: so are all claims.",
    "none": "There are no probabilities.",
}


def datasheet_of_card(name: str) -> Datasheet:
    """The datasheet of a card.

    Args:
        name: id or path of the card.

    Raises:
        UnknownNameError, MissingFileError, InputError: as `events.find_card`.
    """
    card = find_card(name)
    return Datasheet(
        id=card.id,
        kind="data set",
        title=card.title,
        summary=f"{card.title}: {_what_it_is(card)}.",
        version="as published",
        url=card.homepage,
        creators=card.creators,
        published_on=card.published_on,
        licence=Licence(text=card.licence, url=card.licence_url, read=card.licence_read),
        citation=" ".join(card.citation.split()),
        motivation=[
            "Published by its owners for research; what for, its page and the citation say.",
            "Here: to train policies on and to evaluate them off-policy, as far as the log allows.",
        ],
        composition=[f"A row is {_row(card)}.", *_counts(card)],
        collection=[" ".join(card.notes.split())] if card.notes else ["Nothing beyond its page is known."],
        processing=_processing(card),
        uses=_uses(card),
        maintenance=[
            "Its owners maintain it. The card is part of this package; a hash of the files and of what the card makes "
            "of them stands in every result.",
        ],
        files=_files(card),
        fields=_fields(card),
    )


def datasheets_of_cards() -> list[Datasheet]:
    """Of every card that comes with the package."""
    return [datasheet_of_card(name) for name in list_cards()]


def _what_it_is(card: DatasetCard) -> str:
    chosen = "items that the system showed" if card.action_source == "exposure" else "items that users chose"
    return f"a log of {chosen}, with {', '.join(sorted(card.may_have)) or 'events'}"


def _row(card: DatasetCard) -> str:
    return "an element of a line's lists" if card.lists else "an event of a user"


def _counts(card: DatasetCard) -> list[str]:
    of = {"": card.published} | {name: variant.published for name, variant in card.variants.items()}
    return [
        f"{f'{name}: ' if name else ''}{published.rows:,} rows ({published.source})"
        for name, published in of.items()
        if published
    ] or ["How many rows the whole has is not in the card."]


def _processing(card: DatasetCard) -> list[str]:
    sessions = {
        "given": "Sessions are those of the log.",
        "gap": f"Sessions end after {card.session_gap:g} seconds without an event of the user.",
        "row": "Every row is a session of its own.",
    }
    window = "Rows outside the official period are set aside." if card.window else ""
    again = "Exact duplicates are set aside." if card.deduplicate else ""
    weights = ", ".join(f"{event} {weight:g}" for event, weight in card.reward_weights.items())
    rest = "Rows that cannot be read are set aside and counted; nothing is dropped without a word."
    return [text for text in (sessions[card.session], window, again, f"Default reward: {weights}.", rest) if text]


def _uses(card: DatasetCard) -> list[str]:
    if card.action_source == "choice":
        return [
            f"Users chose the items themselves: what a policy would earn is {NOT_IDENTIFIED}. How well it predicts "
            "their choices can be measured (imitation).",
            "Not for claims about the value of a recommender.",
        ]
    return [IDENTIFIED_BY[card.propensity], "Not for claims about policies that show what the log never showed."]


def _files(card: DatasetCard) -> list[DataFile]:
    media = MEDIA.get(card.dialect, "application/octet-stream")
    named = [(spec.pattern, spec.url, spec.sha256, spec.size) for spec in card.files]
    # Variants have files of their own where the card names none.
    known = {pattern for pattern, *_ in named}
    named += [(variant.file, card.homepage, "", None) for variant in card.variants.values() if not known]
    files = dict.fromkeys(named)
    return [DataFile(name=name, url=url, sha256=sha256, size=size, encoding=media) for name, url, sha256, size in files]


def _fields(card: DatasetCard) -> list[DataField]:
    known: dict[str, DataField] = {}
    columns: list[dict[Any, Any]] = [card.columns.model_dump(), *(dict(spec.columns) for spec in card.files)]
    for role in get_args(Role):
        for each in columns:
            for name in raw_names(each.get(role)):
                known.setdefault(name, DataField(name=name, role=role, type=_type(card, role)))
    for name, event in card.outcomes.items():
        known.setdefault(name, DataField(name=name, role=f"1 where the event is {event}", type="truth"))
    for name, kind in card.context.items():
        holds: FieldType = "number" if kind == "number" else "text"
        known.setdefault(name, DataField(name=name, role="known before the decision", type=holds))
    return list(known.values())


def _type(card: DatasetCard, role: str) -> FieldType:
    ids = {"item": card.id_types.item, "user": card.id_types.user}
    if role in ids:
        return "integer" if ids[role] == "int64" else "text"
    if role == "timestamp":
        return "date" if card.time_unit == "iso" or card.time_format else "integer"
    return TYPES.get(role, "text")
