"""Lists that are written as text."""

from __future__ import annotations

from ...sql import quote_text


def split_list(text: str, delimiter: str) -> str:
    """SQL of the elements of a text: `1,2` by its delimiter, and what Python and JSON write of a list, `['a', 'b']`.

    In brackets, blanks and quotes around elements are not part of them; NULL where a quote holds a delimiter, unless it
    is JSON.
    """
    by_delimiter = f"string_split({text}, {quote_text(delimiter)})"
    inner = f"string_split(trim({text}[2:-2]), {quote_text(delimiter)})"
    # Python's quotes are told by the first and the last character; a quote at one end alone has been cut apart.
    quote = "chr(39)"
    is_quoted = f"starts_with(e, {quote}) AND ends_with(e, {quote}) AND length(e) > 1"
    is_cut = f"NOT ({is_quoted}) AND (starts_with(e, {quote}) OR ends_with(e, {quote}) OR contains(e, '\"'))"
    trimmed = f"list_transform({inner}, lambda e: trim(e))"
    bare = f"list_transform({trimmed}, lambda e: CASE WHEN {is_quoted} THEN e[2:-2] ELSE e END)"
    of_python = f"CASE WHEN len(list_filter({trimmed}, lambda e: {is_cut})) = 0 THEN {bare} END"
    of_json = f"list_transform(json_extract({text}, '$[*]'), lambda e: json_extract_string(e, ''))"
    in_brackets = f"CASE WHEN json_valid({text}) THEN {of_json} ELSE {of_python} END"
    return f"CASE WHEN {text}[1] = '[' AND {text}[-1] = ']' THEN {in_brackets} ELSE {by_delimiter} END"
