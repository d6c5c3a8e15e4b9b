"""What things cost: the price of one, pieces, what the line cost; and how the numbers are written."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

from ..evidence import ENOUGH, Column
from ..forms.number_forms import NumberForm
from ..roles import BY_NAME, Roles

MOST_PIECES = 100
"""More pieces than this in a typical row are an amount of money."""
CURRENCIES = ("EUR", "USD", "GBP", "BRL", "INR", "CNY", "JPY", "CHF", "PLN", "SEK", "Rs", "kr", "zł")
KINDS = ("price", "quantity", "total", "rating")


def find_amounts(roles: Roles) -> None:
    """Give prices, pieces and totals to their columns, and hold them against each other."""
    for role in KINDS:
        if roles.answered(role):
            continue
        for column in roles.candidates(role):
            if roles.has(role) or _other_role(roles, role, column):
                continue
            if column.numbers:
                roles.take(role, [column.name], BY_NAME)
            elif role != "rating":
                _report_unread(roles, role, column)
    _ask_about_two_prices(roles)
    _take_pieces_from_price(roles)
    _weigh(roles)
    _say_how_written(roles)
    _find_refunds(roles)


def _other_role(roles: Roles, role: str, column: Column) -> bool:
    """Whether a name that fits two roles is better taken for the other: `amount` is money or pieces."""
    if role == "price":
        return _is_pieces(roles, column) and column.name.lower() not in ("price", "unit_price", "unitprice")
    if role == "quantity":
        return not _is_pieces(roles, column)
    return role == "rating" and len(column.counts) > 101


def _is_pieces(roles: Roles, column: Column) -> bool:
    """Small whole numbers beside a column of money."""
    if not column.numbers:
        return False
    numbers = [number for number in column.values if number is not None]
    if any(number % 1 for number in numbers):
        return False
    typical = sorted(abs(number) for number in numbers)[len(numbers) // 2]
    if typical > MOST_PIECES:
        return False
    if column in roles.candidates("quantity")[:1] and column not in roles.candidates("price"):
        return True
    money = [c for c in roles.candidates("price", "total") if c is not column and c.numbers]
    return any(not _is_small_whole(other) for other in money)


def _is_small_whole(column: Column) -> bool:
    return all(number is None or (not number % 1 and abs(number) <= 20) for number in column.values)


def _take_pieces_from_price(roles: Roles) -> None:
    """A lone column of small whole numbers called an amount may be either."""
    if not roles.has("price") or roles.reasons["price"] != BY_NAME or roles.has("quantity"):
        return
    column = roles.column("price")
    numbers = [number for number in column.values if number is not None]
    small = numbers and all(not number % 1 and 0 <= number <= 20 for number in numbers)
    if small and "price" not in column.name.lower() and len(numbers) >= 20:
        text = f"'{column.name}' holds whole numbers from {min(numbers):g} to {max(numbers):g}: pieces, or money?"
        roles.ask("price", text, [f"quantity={column.name}", f"price={column.name}"])


def _ask_about_two_prices(roles: Roles) -> None:
    """Two columns of prices that differ: which one was paid?"""
    if not roles.has("price") or roles.reasons["price"] != BY_NAME:
        return
    chosen = roles.column("price")
    for other in roles.candidates("price"):
        if not other.numbers or _is_pieces(roles, other):
            continue
        pairs = [(a, b) for a, b in zip(chosen.values, other.values, strict=True) if a is not None and b is not None]
        apart = sum(not math.isclose(a, b, rel_tol=1e-6) for a, b in pairs)
        if apart > (1 - ENOUGH) * len(pairs):
            names = f"'{chosen.name}' and '{other.name}'"
            text = f"{names} are both called a price, and differ in {apart:,} rows. Which was paid?"
            roles.ask("price", text, [f"price={chosen.name}", f"price={other.name}"])
            return


def _ask_about_currencies(roles: Roles, strip: Iterable[str]) -> None:
    """Sums over several currencies mean nothing."""
    signs = [text.strip() for text in strip if any(c in "$€£¥₹₽₩" for c in text) or text.strip() in CURRENCIES]
    named = [column for column in roles.free() if column.name.lower().endswith("currency") or column.name == "币种"]
    several = [column for column in named if len(column.counts) > 1]
    if len(signs) < 2 and not several:
        return
    seen = signs if len(signs) > 1 else [value for value, _ in several[0].counts.most_common(4)]
    text = f"Amounts are in several currencies ({', '.join(seen)}); they would be added as if they were one."
    roles.ask("currencies", text, ["accept=currencies", "price=none"])


def _report_unread(roles: Roles, role: str, column: Column) -> None:
    texts = [text for text in column.counts if not NumberForm().number(text)]
    example = texts[0] if texts else column.example
    text = (
        f"'{column.name}' is called a {role}, but '{example}' and others in it are not numbers in one known form. "
        "A card reads forms by decimal, thousands and strip; a text that means no value by missing."
    )
    missing = ",".join(dict.fromkeys([*roles.missing, example]))
    as_missing = [] if any(map(str.isdigit, example)) else [f"missing={missing}"]
    roles.ask(role, text, [*as_missing, f"{role}=none"])


def _weigh(roles: Roles) -> None:
    """Hold price, pieces and total of the rows against each other."""
    if roles.has("price") and roles.has("total"):
        _price_and_total(roles)
    elif roles.has("total") and not roles.has("quantity"):
        column = roles.column("total")
        roles.note(f"total: '{column.name}' is taken for what the line cost; without pieces it is the price.")
    elif roles.has("price") and roles.has("quantity") and roles.reasons["price"] == BY_NAME:
        _price_or_total(roles)


def _price_and_total(roles: Roles) -> None:
    """A card has one of the two: the price where it is that of one, else the total."""
    price, total = roles.column("price"), roles.column("total")
    if roles.reasons["total"] != BY_NAME and roles.reasons["price"] == BY_NAME:
        del roles.columns["price"]
        return
    prices, totals = price.values, total.values
    pieces: Sequence[float | None] = [1.0] * len(prices)
    if roles.has("quantity"):
        pieces = roles.column("quantity").values
    rows = [(p, q, t) for p, q, t in zip(prices, pieces, totals, strict=True) if p is not None and q and t is not None]
    del roles.columns["total"]
    if not rows:
        return
    product = sum(math.isclose(p * q, t, rel_tol=0.01, abs_tol=0.02) for p, q, t in rows)
    if product >= ENOUGH * len(rows):
        times = f" times '{roles.column('quantity').name}'" if roles.has("quantity") else ""
        roles.note(f"total: '{price.name}'{times} is '{total.name}' in {product:,} of {len(rows):,} rows; not needed.")
    else:
        roles.note(
            f"price: '{price.name}' was taken; '{total.name}' is another sum ({total.example} where the price is "
            f"{price.example}, say with a discount). total={total.name} takes it instead."
        )


def _price_or_total(roles: Roles) -> None:
    """A price that grows with the pieces, while its share of one is the same in all rows of an item, is a total."""
    if not roles.has("item"):
        return
    column = roles.column("price")
    prices, pieces = column.values, roles.column("quantity").values
    items = roles.column("item").texts
    per_line: dict[str, set[float]] = defaultdict(set)
    per_piece: dict[str, set[float]] = defaultdict(set)
    counts: dict[str, set[float]] = defaultdict(set)
    for item, price, count in zip(items, prices, pieces, strict=True):
        if item and price is not None and count:
            per_line[item].add(round(price, 2))
            per_piece[item].add(round(price / count, 2))
            counts[item].add(count)
    varied = [item for item in counts if len(counts[item]) > 1]
    if len(varied) < 3:
        return
    constant_line = sum(len(per_line[item]) == 1 for item in varied) / len(varied)
    constant_piece = sum(len(per_piece[item]) == 1 for item in varied) / len(varied)
    if constant_piece > constant_line and constant_piece >= 0.6:
        text = (
            f"'{column.name}' divided by the pieces is the same in all rows of an item, and '{column.name}' is not: is "
            "it what the line cost, and not the price of one?"
        )
        roles.ask("price", text, [f"total={column.name}", f"price={column.name}"])
        if "total" in roles.answers.columns:
            del roles.columns["price"]


def _say_how_written(roles: Roles) -> None:
    """One decimal mark, one mark of thousands and the texts around numbers hold for all columns of numbers."""
    forms: dict[str, NumberForm] = {}
    strip: dict[str, None] = {}
    for role in KINDS:
        if not roles.has(role):
            continue
        column = roles.column(role)
        if not column.numbers:
            if roles.reasons[role] != BY_NAME:
                example = next((t for t in column.counts if NumberForm().number(t) is None), column.example)
                text = f"'{example}' in '{column.name}' is not a number in a form that is known."
                roles.ask("decimal", text, ["decimal=,", "strip=TEXT"])
            continue
        _ask_about_marks(roles, column)
        form = column.numbers[0]
        strip |= dict.fromkeys(form.strip)
        if form.decimal != "." or form.thousands:
            forms[role] = form
        elif any("." in text for text in column.counts):
            forms.setdefault(role, form)
    marks = {(form.decimal, form.thousands) for form in forms.values() if form.decimal != "." or form.thousands}
    if len(marks) == 1:
        decimal, thousands = marks.pop()
        roles.keys |= NumberForm(decimal, thousands, tuple(strip)).keys
        seen = f"decimal mark '{decimal}'" + (f", thousands '{thousands}'" if thousands else "")
        if not {"decimal", "thousands"} & roles.answers.keys.keys():
            roles.note(f"numbers: read with {seen}.")
    elif len(marks) > 1:
        decimals = {decimal for decimal, _ in marks}
        if len(decimals) == 1:
            thousands = max((thousands for _, thousands in marks), key=len)
            roles.keys |= NumberForm(decimals.pop(), thousands, tuple(strip)).keys
        else:
            columns = ", ".join(f"'{roles.column(role).name}' ({roles.column(role).example})" for role in forms)
            text = f"Numbers are written in two ways: {columns}; a card has one decimal mark. Leave one of them out:"
            roles.ask("decimal", text, [f"{role}=none" for role in forms])
    elif strip:
        roles.keys |= NumberForm(strip=tuple(strip)).keys
    if roles.has("price") or roles.has("total"):
        _ask_about_currencies(roles, strip)
    if strip:
        around = " and ".join(f"'{text}'" for text in strip)
        roles.note(f"numbers: {around} around them is not part of them.")


def _ask_about_marks(roles: Roles, column: Column) -> None:
    if len(column.numbers) < 2 or {"decimal", "thousands"} & roles.answers.keys.keys():
        return
    example = next((text for text in column.counts if "," in text or "." in text), column.example)
    first, second = column.numbers[:2]
    text = (
        f"'{example}' in '{column.name}' is {first.number(example):g} or {second.number(example):g}: no value in it "
        "says whether its mark is that of thousands or of decimals. Which is it?"
    )
    answers = []
    for form in (first, second):
        answers.append(f"thousands={form.thousands}" if form.thousands else f"decimal={form.decimal}")
    roles.ask("decimal", text, answers)


def _find_refunds(roles: Roles) -> None:
    """Negative amounts of purchases are refunds; of anything else they are a question."""
    if "negative" in roles.answers.keys:
        return
    signed = [roles.column(role) for role in ("price", "total", "quantity") if roles.has(role)]
    negative = {
        row for column in signed if column.numbers for row, n in enumerate(column.values) if n is not None and n < 0
    }
    if not negative:
        return
    if any(question.key in ("event", "events", "outcomes") for question in roles.questions):
        # What is not known to be a purchase cannot be a refund.
        return
    if roles.has("event") and roles.events:
        events = roles.column("event").texts
        of_others = [row for row in negative if roles.events.get(events[row]) not in ("purchase", "refund")]
    else:
        of_others = [] if roles.keys.get("event") == "purchase" else sorted(negative)
    if not of_others:
        roles.keys["negative"] = "refund"
        roles.note(f"refunds: {len(negative):,} purchases have a negative price or quantity; each is read as a refund.")
        return
    text = (
        f"{len(negative):,} rows have a negative price, total or quantity, {len(of_others):,} of them not purchases. "
        "Purchases among them can be read as refunds; the others are malformed, and set aside. Is that so?"
    )
    answers = ["negative=refund", "negative=malformed"]
    roles.ask("negative", text, answers if len(of_others) < len(negative) else answers[1:])
