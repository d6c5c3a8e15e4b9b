"""Forms of times that the user names, held against the times."""

from __future__ import annotations

from ....errors import InputError
from ..roles import Roles, quoted
from .time_forms import UNITS, TimeForm, read_format, time_forms


def form_is_said(roles: Roles) -> bool:
    """Whether an answer says how times are written, whatever their column is; it is taken."""
    said: dict[str, object] = {
        key: roles.answers.keys[key] for key in ("time_unit", "time_format") if key in roles.answers.keys
    }
    roles.keys |= said
    return bool(said)


def check_form(roles: Roles, names: list[str], form: TimeForm) -> None:
    """Refuse a form that the user named and in which no time is written."""
    rows = zip(*(roles.all_columns[name].texts for name in names), strict=True)
    texts = [" ".join(parts) for parts in rows if all(parts)][:1_000]
    if texts and all(seconds_of(text, form) is None for text in texts):
        raise InputError(
            f"'{texts[0]}' of {quoted(names)} is not a time in {form.name}.",
            where=f"--answer time={','.join(names)}:{form.name}",
            hint="Name another unit or format, or leave it out to have it guessed.",
        )


def seconds_of(text: str, form: TimeForm) -> float | None:
    """A text as seconds since 1970, by its form."""
    if form.unit in UNITS:
        try:
            return float(text.replace(",", ".")) / UNITS[form.unit]
        except ValueError:
            return None
    if form.unit == "excel":
        try:
            return (float(text.replace(",", ".")) - 25_569) * 86_400
        except ValueError:
            return None
    if form.unit == "iso":
        read = time_forms([text], named=True)
        return read[0].first if read else None
    return next((at for each in form.formats if (at := read_format(text, each)) is not None), None)
