"""JSON values as the reader gives them: numbers with the digits that the file has."""

from __future__ import annotations

import json

from ...dialects.json_fields import is_unicode


class Number(str):
    """The digits of a number."""

    __slots__ = ()


DECODER = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=Number)


def json_value(text: str) -> object:
    """The value of a text, or None where it is not JSON to the reader."""
    try:
        value = DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    return value if is_unicode(text, value) else None


def as_text(value: object) -> str:
    """The text of a value as a field; "" of null."""
    if value is None:
        return ""
    return str(value) if isinstance(value, str) else as_json(value)


def as_json(value: object) -> str:
    """The value as JSON, its numbers as they were."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(key, ensure_ascii=False)}: {as_json(v)}' for key, v in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(as_json, value))}]"
    return json.dumps(value, ensure_ascii=False)
