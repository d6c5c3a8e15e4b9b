"""Which column is the time, and how it is written."""

from __future__ import annotations

import re

from ....column_names import plain
from ..answer_values import formats_of
from ..evidence import ENOUGH, Column, kind_rank
from ..forms.time_answers import check_form, form_is_said, seconds_of
from ..forms.time_forms import CLOCK, UNITS, TimeForm, read_format, time_forms
from ..roles import BY_NAME, BY_VALUES, Roles, quoted
from .time_parts import columns_of
from .time_question import ask_for_time

SINCE_START = ("timeframe", "sincestart", "timesincestart", "mssincestart", "timesincesessionstart")
"""What a column of milliseconds since the session began is called."""
ROUNDED = re.compile(r"\d([.,](?P<decimals>\d+))?[eE]\+?(?P<exponent>\d+)")
COARSE = 100.0
"""Times that are known to more seconds than this were rounded."""
CLOSE = 86_400.0
"""Two times of a row that lie nearer than this, in seconds, are taken for two clocks of one event."""


def find_time(roles: Roles) -> None:
    """Take the column of the time, or of the order where there is no clock; ask where the file does not decide."""
    if roles.answered("order"):
        if roles.has("order"):
            return
    elif "time_unit" not in roles.answers.keys and roles.answers.columns.get("timestamp") == []:
        ask_for_time(roles)
        return
    if roles.answered("timestamp"):
        if roles.has("timestamp"):
            _answered_time(roles)
            return
    else:
        named = [column for column in roles.candidates("time", "date") if column.times]
        if named:
            _named_time(roles, named)
            return
        if _time_by_values(roles) or _time_in_parts(roles):
            return
    ask_for_time(roles)


def _named_time(roles: Roles, named: list[Column]) -> None:
    clocked = [column for column in named if any(form.has_clock for form in column.times)]
    chosen = (clocked or named)[0]
    others = [column for column in (clocked or named) if column is not chosen]
    if not clocked and (clock := _clock_column(roles, chosen)):
        _join(roles, chosen, clock)
        return
    apart = [column for column in others if not _agree(chosen, column)]
    roles.take("timestamp", [chosen.name], BY_NAME)
    if apart:
        texts = [f"'{column.name}' ({column.times[0].span})" for column in (chosen, *apart)]
        asked = f"Which column is the time of the event: {' or '.join(texts)}?"
        roles.ask("timestamp", asked, [f"time={column.name}:{column.times[0].name}" for column in (chosen, *apart)])
    for column in others:
        if column not in apart:
            roles.note(f"time: '{chosen.name}' was taken; '{column.name}' tells nearly the same time.")
    _take_form(roles, chosen.name, chosen.times)
    _ask_about_days(roles, chosen)


def _agree(left: Column, right: Column) -> bool:
    """Whether two columns tell the same times, within a day."""
    pairs = [(a, b) for a, b in zip(left.texts, right.texts, strict=True) if a and b][:2_000]
    read = [(seconds_of(a, left.times[0]), seconds_of(b, right.times[0])) for a, b in pairs]
    known = [abs(a - b) for a, b in read if a is not None and b is not None]
    return bool(known) and sum(gap < CLOSE for gap in known) >= ENOUGH * len(known)


def _take_form(roles: Roles, name: str, forms: list[TimeForm]) -> None:
    if form_is_said(roles):
        _say_zone_of_answer(roles, [name], forms)
        return
    form = forms[0]
    _take_likeliest(roles, [name], forms, "timestamp")
    if not form.is_plausible:
        text = f"'{name}' read as {form.name} gives times from {form.span}. Is it the time?"
        roles.ask("timestamp", text, [f"time={name}:{form.name}", "time=COLUMN:FORM"])
    _say_zone(roles, [name], form)
    _ask_about_rounded(roles, name, form)
    if form.has_clock and ("%H" in "".join(form.formats) or form.unit == "iso"):
        _ask_about_half_days(roles, name, form)


def _say_zone(roles: Roles, names: list[str], form: TimeForm) -> None:
    """Say which zone was taken; a short name of one means several."""
    if "time_zone" in roles.answers.keys:
        return
    if len(form.zones) > 1:
        text = f"The times of {quoted(names)} end in a name of a time zone, as {form.name}. Which zone is it?"
        roles.ask("time_zone", text, [f"time_zone={zone}" for zone in form.zones])
    elif form.zones:
        roles.note(f"time_zone: {form.zones[0]}, as the times say.")
    elif not form.has_offset:
        roles.note("time_zone: the times carry no offset, and UTC was taken.")


def _say_zone_of_answer(roles: Roles, names: list[str], forms: list[TimeForm]) -> None:
    """Say which zone was taken for the form that the user named."""
    for form in forms:
        if form.keys.items() <= roles.keys.items():
            _say_zone(roles, names, form)


def _ask_about_rounded(roles: Roles, name: str, form: TimeForm) -> None:
    """1.56992E+12 is what a spreadsheet leaves of a time in milliseconds: it is known to hours."""
    if form.unit not in UNITS:
        return
    texts = roles.all_columns[name].counts
    matches = [ROUNDED.fullmatch(text) for text in texts]
    if not all(matches):
        return
    steps = [10 ** (int(m["exponent"]) - len(m["decimals"] or "")) / UNITS[form.unit] for m in matches if m]
    if min(steps) < COARSE:
        return
    text = (
        f"'{next(iter(texts))}' in '{name}' is a time that a spreadsheet has rounded, to {min(steps):,.0f} seconds: "
        "nothing brings the rest back. Export it again, with the column as text."
    )
    roles.ask("rounded-times", text, ["accept=rounded-times"])


def _ask_about_half_days(roles: Roles, name: str, form: TimeForm) -> None:
    """A clock that never shows a zero or more than twelve, over days, may have lost its AM and PM."""
    column = roles.all_columns[name]
    hours = {
        int(seconds % 86_400 // 3_600)
        for text in list(column.counts)[:1_000]
        if (seconds := seconds_of(text, form)) is not None
    }
    if len(column.counts) >= 100 and len(hours) >= 10 and hours <= set(range(1, 13)):
        text = f"All hours of '{name}' lie between 1 and 12: has it lost its AM and PM? They cannot be told apart."
        roles.ask("timestamp", text, [f"time={name}:{form.name}"])


def _ask_about_days(roles: Roles, column: Column) -> None:
    if column.times[0].has_clock or "since_start" in roles.answers.columns:
        return
    since = [other.name for other in roles.free() if plain(other.name) in SINCE_START and other.numbers]
    orders = [other.name for other in roles.candidates("order") if other.is_whole]
    text = (
        f"'{column.name}' holds days without a time of day: within a day the order of events and the pauses are not "
        "known, and a visit is all that a user does in a day. Is there a clock in another column, or is that so?"
    )
    answers = [*(f"since_start={name}" for name in since), f"time={column.name}:{column.times[0].name}"]
    answers += [*(f"order={name}" for name in orders), f"time={column.name},CLOCK_COLUMN"]
    roles.ask("timestamp", text, answers)


def _clock_column(roles: Roles, date: Column) -> Column | None:
    free = [column for column in roles.free() if column is not date and not column.is_nested]
    texts = [column for column in free if column.share(lambda text: CLOCK.fullmatch(text)) >= ENOUGH]
    compact = [
        column
        for column in free
        if kind_rank(("clock",), column.name) is not None and column.is_whole and _compact_format(column)
    ]
    return next(iter([*texts, *compact]), None)


def _compact_format(column: Column) -> str | None:
    """The format of a clock without colons: 093000, 0930 or 930, an hour alone."""
    if not all(text.isdigit() for text in column.counts):
        return None
    lengths = {len(text) for text in column.counts}
    numbers = [int(text) for text in column.counts]
    if lengths == {6}:
        format = "%H%M%S"
    elif lengths <= {1, 2}:
        return "%H" if all(number < 24 for number in numbers) else None
    elif lengths <= {1, 2, 3, 4}:
        # A number loses its leading zeros.
        return "%H%M" if all(number < 2400 and number % 100 < 60 for number in numbers) else None
    else:
        return None
    return format if all(read_format(text, format) is not None for text in column.counts) else None


def _join(roles: Roles, date: Column, clock: Column) -> None:
    names = [date.name, clock.name]
    roles.take("timestamp", names, f"a day and a clock: {BY_VALUES}")
    if compact := _compact_format(clock):
        if compact == "%H":
            smaller, directives = columns_of(roles, "minute", "second")
            names += smaller
            compact = f"{compact} {directives}".rstrip()
            roles.take("timestamp", names, roles.reasons["timestamp"])
        days = [(form.formats or ("%Y-%m-%d",))[0] for form in date.times if form.unit in ("", "iso")]
        forms = [
            TimeForm("", (f"{day} {compact}",), form.first, form.last, True, False)
            for day, form in zip(days, date.times, strict=False)
        ]
    else:
        # A day that a spreadsheet wrote as a time loses its midnight to the clock, here as in the reader.
        days = [re.sub(r"[ T]00:00(:00(\.0+)?)?$", "", text) for text in date.texts]
        texts = [f"{a} {b}" for a, b in zip(days, clock.texts, strict=True) if a and b]
        forms = time_forms(texts, named=True)
    if forms:
        _take_form_of_pair(roles, names, forms)
    else:
        text = f"{quoted(names)} together ('{date.example} {clock.example}') do not read as a time. How is it written?"
        roles.ask("timestamp", text, [f"time={','.join(names)}:%Y-%m-%d %H:%M:%S"])


def _time_in_parts(roles: Roles) -> bool:
    """Take columns of year, month and day, with the clock that stands beside them."""
    names, format = columns_of(roles, "year", "month", "day", "hour", "minute", "second")
    if len(names) < 3:
        return False
    rows = zip(*(roles.all_columns[name].texts for name in names), strict=True)
    at = [read_format(" ".join(parts), format) for parts in rows if all(parts)]
    seconds = [second for second in at if second is not None]
    if len(seconds) < ENOUGH * len(at) or not seconds:
        return False
    roles.take("timestamp", names, "the parts of a time")
    form = TimeForm("", (format,), min(seconds), max(seconds), len(names) > 3, False)
    _take_form_of_pair(roles, names, [form])
    if len(names) == 3:
        text = f"{quoted(names)} are days without a time of day. Is there a clock in another column, or is that so?"
        roles.ask("timestamp", text, [f"time={','.join(names)}:{format}", f"time={','.join(names)},CLOCK_COLUMN"])
    return True


def _take_form_of_pair(roles: Roles, names: list[str], forms: list[TimeForm]) -> None:
    if form_is_said(roles):
        _say_zone_of_answer(roles, names, forms)
        return
    _take_likeliest(roles, names, forms, "timestamp")
    _say_zone(roles, names, forms[0])


def _take_likeliest(roles: Roles, names: list[str], forms: list[TimeForm], question: str) -> None:
    """Take the first of some forms; where there are others, ask under the key `question`."""
    roles.keys |= forms[0].keys
    if len(forms) > 1:
        readings = [f"{form.name} gives {form.span}" for form in forms]
        text = f"The times of {quoted(names)} can be read in more than one way: {'; '.join(readings)}. Which is it?"
        roles.ask(question, text, [f"time={','.join(names)}:{form.name}" for form in forms])


def _answered_time(roles: Roles) -> None:
    """The columns are the user's; how they are written is said, or guessed."""
    names = roles.columns["timestamp"]
    columns = [roles.all_columns[name] for name in names]
    rows = zip(*(column.texts for column in columns), strict=True)
    forms = time_forms([" ".join(parts) for parts in rows if all(parts)], named=True)
    if answer := roles.answers.forms.get("timestamp"):
        is_unit = answer in ("iso", "excel", *UNITS)
        said = TimeForm(answer) if is_unit else TimeForm("", tuple(formats_of(answer)))
        check_form(roles, names, said)
        roles.keys |= said.keys
    if answer or form_is_said(roles):
        _say_zone_of_answer(roles, names, forms)
        return
    joined = ",".join(names)
    if not forms:
        text = f"'{columns[0].example}' in {quoted(names)} is not a time that is known. How is it written?"
        # What is asked is the form, so that naming the column does not answer it.
        roles.ask("time_format", text, [f"time={joined}:%d/%m/%Y %H:%M", f"time={joined}:s"])
        return
    _take_likeliest(roles, names, forms, "time_format")
    _say_zone(roles, names, forms[0])


def _time_by_values(roles: Roles) -> bool:
    fit = [
        column
        for column in roles.free()
        if not column.is_nested
        and column.times
        and kind_rank(("session", "item", "user", "purchase id"), column.name) is None
    ]
    if not fit:
        return False
    chosen = fit[0]
    roles.take("timestamp", [chosen.name], BY_VALUES)
    if len(fit) > 1 or not all(re.fullmatch(r"\d+|column_\d+", name) for name in roles.all_columns):
        texts = [f"'{column.name}' ({column.times[0].name}: {column.times[0].span})" for column in fit]
        text = f"No column is called a time; by its values it may be {' or '.join(texts)}. Which is it?"
        roles.ask("timestamp", text, [f"time={column.name}:{column.times[0].name}" for column in fit])
    _take_form(roles, chosen.name, chosen.times)
    _ask_about_days(roles, chosen)
    return True
