"""A column of a sample, and what its name and its values say of it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache

from ...column_names import COLUMN_NAMES, plain, rank
from .event_words import MISSING
from .forms.number_forms import NumberForm, number_forms
from .forms.time_forms import TimeForm, time_forms

ENOUGH = 0.95
"""Share of the values that must fit."""
LONGEST_NAME = 200
"""Characters; a longer name says nothing of what its column holds."""
TYPED_NAME = re.compile(r":(token|float|token_seq|float_seq)$")
"""The type that RecBole writes behind a name."""
LIST_NAME = re.compile(r"[-_]?(list|seq|sequence|array)(_seq)?$", re.IGNORECASE)
"""What is written behind the name of a column of lists."""
TYPES = re.compile(r"S|N|B|BOOL|string|long|int|double|float|\$(date|oid|uuid|number(Int|Long|Double|Decimal))")
"""Keys of a value's type, as DynamoDB, MongoDB and Avro put them below a name."""
PREFIX = re.compile(  # what exports put before the names of a line's fields
    r"(line ?items?|items|products|line|properties|property|params?|event_params|data|payload|record|row|log|raw|"
    r"ecommerce|fields?)"
    r"[ _-]+(?=.)",
    re.IGNORECASE,
)
NOUNS = {
    "user": "user customer visitor client member account shopper buyer reviewer consumer subscriber profile kunde",
    "item": "item product article sku goods asin artikel produkt",
    "offer": "banner offer creative ad arm",
    "session": "session visit",
    "time": "timestamp time datetime ts epoch at",
    "date": "date day",
    "price": "price",
    "quantity": "quantity qty pieces units",
    "total": "total revenue",
    "rating": "rating stars",
    "category": "category",
    "event": "event action behavior behaviour",
    "propensity": "propensity",
}
"""Kind -> words that make a name one of that kind if all else in it says only how it is kept."""
QUALIFIERS = {
    "user": "id no nr num number code key hash hashed pseudo uuid guid full external internal unique anonymous sha256",
    "item": "id no nr num number code key hash hashed uuid guid external internal unique ref main parent",
    "offer": "id no nr num number code key recommended chosen shown",
    "session": "id no nr number key hash uuid ga user web",
    "time": "event server client unix utc local created occurred updated recorded logged received order ordered "
    "purchase purchased transaction invoice click clicked view viewed visit action start started ms us ns s sec "
    "seconds millis milliseconds micros iso log request hit interaction review",
    "date": "event order purchase transaction invoice time created visit action sale sales",
    "price": "item unit product sale sold list base net gross in usd eur gbp brl inr cny amount paid final retail cost",
    "quantity": "item product ordered order purchased",
    "total": "line order item price amount in usd eur gbp product net gross",
    "rating": "user product review item star",
    "category": "id item product main sub level l1 1 code name",
    "event": "type name user kind code id label",
    "propensity": "score logged behavior behaviour",
}


class Column:
    """A column of a sample.

    Args:
        name: as the file has it.
        texts: its values, missing ones as "".
        missing: texts that mean "missing" in this log.
    """

    def __init__(self, name: str, texts: list[str], missing: Iterable[str] = ()):
        self.name, self.texts = name, texts
        words = {"", *missing}
        self.present = [text for text in texts if text not in words]

    @cached_property
    def counts(self) -> Counter[str]:
        """Value -> rows."""
        return Counter(self.present)

    @cached_property
    def numbers(self) -> list[NumberForm]:
        """Ways to read all its values as numbers."""
        return number_forms(self.counts)

    @cached_property
    def values(self) -> list[float | None]:
        """The numbers of all rows, by the likeliest form."""
        form = (self.numbers or [NumberForm()])[0]
        known = {text: form.number(text) for text in self.counts}
        return [known.get(text) for text in self.texts]

    @cached_property
    def times(self) -> list[TimeForm]:
        """Ways to read its values as times."""
        named = kind_rank(("time", "date"), self.name) is not None
        return time_forms(self.counts, named=named)

    @cached_property
    def is_nested(self) -> bool:
        """Whether a value is an object or a list of JSON, or nothing is there."""
        return not self.present or any(map(is_json, self.counts))

    @cached_property
    def is_whole(self) -> bool:
        """Whether all values are whole numbers."""
        return bool(self.present) and all(is_integer(text) for text in self.counts)

    @property
    def example(self) -> str:
        """A value that says most: the longest of the frequent ones."""
        return max((value for value, _ in self.counts.most_common(20)), key=len, default="")

    def share(self, test: Callable[[str], object]) -> float:
        """The share of rows with a value that passes."""
        return sum(count for value, count in self.counts.items() if test(value)) / max(len(self.present), 1)


def bare_names(name: str) -> list[str]:
    """A name as it may stand in the table of names: whole, and its last part where it is nested. None of a long one."""
    if len(name) > LONGEST_NAME:
        return []
    bare = TYPED_NAME.sub("", name)
    parts = [part for part in re.split(r"\.|\[\]", bare) if part] or [bare]
    while len(parts) > 1 and TYPES.fullmatch(parts[-1]):
        parts.pop()
    last = parts[-1]
    names = [bare, last]
    if len(parts) > 1 and last.lower() in ("id", "key", "uuid", "code"):
        names.append(f"{parts[-2]}_{last}")
    if listed := LIST_NAME.sub("", last):
        names.append(listed)
    while match := PREFIX.match(last):
        last = last[match.end() :]
        names.append(last)
    return list(dict.fromkeys(part for part in names if part))


@lru_cache(maxsize=100_000)
def kind_rank(kinds: tuple[str, ...], name: str) -> int | None:
    """How likely a column of this name is of one of these kinds, 0 being likeliest; None: its name does not say so."""
    names = bare_names(name)
    if not names:
        return None
    for offset, part in enumerate(names):
        if (place := rank(kinds, part)) is not None:
            return place + 1_000 * offset
    words = set(re.findall(r"[a-z]+|\d+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", names[-1]).lower()))
    for offset, kind in enumerate(kinds):
        nouns, others = set(NOUNS.get(kind, "").split()), set(QUALIFIERS.get(kind, "").split())
        if words & nouns and words <= nouns | others:
            return 2_000 + offset
    return None


def by_name(kinds: tuple[str, ...], columns: Iterable[Column]) -> list[Column]:
    """The columns whose names say that they are of one of these kinds, likeliest first."""
    ranked = [(place, column) for column in columns if (place := kind_rank(kinds, column.name)) is not None]
    return [column for _, column in sorted(ranked, key=lambda pair: pair[0])]


def names_a_kind(name: str) -> bool:
    """Whether the table of names knows the name at all."""
    return any(rank((kind,), part) is not None for part in bare_names(name) for kind in COLUMN_NAMES)


def is_json(text: str) -> bool:
    """Whether it is an object or a list, as JSON or Python write them: not an id in braces, not a time in brackets."""
    if re.match(r"\{\s*[\"'}]|\[\s*[\"'\[{\]]", text) or re.fullmatch(r"\[[\d\s.,-]+\]", text):
        return True
    if text[:1] not in ("{", "["):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def is_integer(text: str) -> bool:
    """Whether it is a whole number of at most 19 digits."""
    return re.fullmatch(r"-?[0-9]{1,19}", text) is not None


def id_type(values: Iterable[str]) -> str:
    """`int64` where every value is a whole number that is written as int64 would write it, `float` where all are whole
    numbers and some are written as `500.0`, else `string`."""
    distinct = set(values)
    whole = {value.removesuffix(".0") if re.fullmatch(r"-?\d+\.0", value) else value for value in distinct}
    if not all(is_integer(v) and str(int(v)) == v and -(2**63) <= int(v) < 2**63 for v in whole):
        return "string"
    return "int64" if whole == distinct or not distinct else "float"


def missing_words(columns: dict[str, list[str]]) -> dict[str, dict[str, int]]:
    """Texts that mean "missing" -> column -> rows."""
    words: dict[str, dict[str, int]] = {}
    for name, texts in columns.items():
        counts = Counter(texts)
        for word in MISSING:
            if counts[word]:
                words.setdefault(word, {})[name] = counts[word]
    return words


def same(left: str, right: str) -> bool:
    """Whether two names are the same but for case and punctuation."""
    return plain(left) == plain(right)
