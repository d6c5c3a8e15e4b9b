"""How fields are told apart: the delimiter, quote and escape by which most lines have one number of fields."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ...read.fields import FieldForm, split_fields

USUAL = (",", ";", "\t", "|", "\x01", "\x02", "\x1f", "\x1e", "\x07", "¦")
SEVERAL = ("::", "||", "|~|", "~|~", "^|^", "~^~", "|#|", "##", "@@", "~~", "^^", ";;", "%%", "$$", "&&", "=>")
RARE = {"^": 0.15, "~": 0.15, "§": 0.15, "@": 0.25, "!": 0.25, ":": 0.35, " ": 0.35}
"""Characters that are seldom delimiters -> by what share of the lines they must fit better than a usual one: times and
addresses have some of them in every line."""
OTHERS = 0.35
"""The same for signs that stand together in every line."""
QUOTING = (('"', ""), ('"', "\\"), ("'", ""), ("", ""), ("", "\\"))
"""Quote and escape, the likeliest first."""
HALF = 0.3
"""Share of the lines below which fields are blank by more than chance."""
MARKUP = re.compile(r"[()\[\]{}<>/\\]+|://")
"""Signs that stand together in texts and addresses, and are not delimiters."""
LINES = 400
"""Lines that are tried, of the head and of the rest."""
ENOUGH = 0.5
"""Share of the lines that must have one number of fields."""


@dataclass(frozen=True)
class FieldGuess:
    """A form of fields, and how it fits.

    Attributes:
        form: delimiter, quote and escape.
        width: the number of fields that most lines have.
        fitting: how many of the lines tried have it.
        tried: lines tried.
        rivals: other delimiters that fit as well.
    """

    form: FieldForm
    width: int
    fitting: int
    tried: int
    rivals: tuple[str, ...] = ()


def guess_fields(lines: Sequence[str], given: Mapping[str, object]) -> FieldGuess | None:
    """The form of the fields in some lines, or None where nothing splits them alike."""
    tried = _tried(lines)
    guesses = [guess for delimiter in _delimiters(tried, given) if (guess := _best_quoting(tried, delimiter, given))]
    # Twice the delimiter stands around a field that is blank in every row, but not in the header.
    whole = {guess.form.delimiter for guess in guesses if guess.fitting == len(tried) and not _is_half(guess, tried)}
    doubled = {2 * delimiter for delimiter in whole} - whole
    guesses = [guess for guess in guesses if guess.form.delimiter not in doubled]
    ranked = sorted(guesses, key=lambda guess: _rank(guess, tried), reverse=True)
    if not ranked:
        return None
    best, *others = ranked
    # One that does not split the header is not among them, unless the best does not either.
    close = [other for other in others if _rank(other, tried)[:5] == _rank(best, tried)[:5]]
    rivals = () if _is_sure(best, tried) else tuple(other.form.delimiter for other in close)
    return replace(best, rivals=rivals)


def fields_of(line: str, form: FieldForm) -> list[str]:
    """The fields of a line as the reader has them; none where it cannot be split."""
    if (form.quote and form.quote in line) or (form.escape and form.escape in line):
        return split_fields(line, *form) or []
    return line.split(form.delimiter)


def _tried(lines: Sequence[str]) -> list[str]:
    full = [line for line in lines if line.strip()]
    return full if len(full) <= 2 * LINES else [*full[:LINES], *full[LINES :: len(full) // LINES]]


def _delimiters(lines: list[str], given: Mapping[str, object]) -> list[str]:
    if "delimiter" in given:
        return [str(given["delimiter"])]
    text = "\n".join(lines)
    several = [d for d in dict.fromkeys([*SEVERAL, *_runs(lines)]) if d in text]
    whole = [d for d in several if all(text.count(c) == text.count(d) * d.count(c) for c in set(d))]
    # A character that stands nowhere but in a longer delimiter is none itself.
    single = [d for d in (*USUAL, *RARE) if d in text and not any(d in longer for longer in whole)]
    return [*single, *several]


def _runs(lines: list[str]) -> Iterator[str]:
    """Signs that stand together in most lines."""
    runs = Counter(run for line in lines for run in set(re.findall(r"[^\w\s\"'.,;+\0-]{2,4}", line)))
    return (run for run, count in runs.items() if count >= 0.9 * len(lines) and not MARKUP.fullmatch(run))


def _best_quoting(lines: list[str], delimiter: str, given: Mapping[str, object]) -> FieldGuess | None:
    best: FieldGuess | None = None
    for quote, escape in _quoting(lines, delimiter, given):
        trim = bool(given.get("trim", False)) or any(f"{delimiter} {quote}" in line for line in lines if quote)
        form = FieldForm(delimiter, quote, escape, trim)
        widths = Counter(len(fields_of(line, form)) for line in lines)
        widths.pop(0, None)
        if not widths:
            continue
        width, fitting = max(widths.items(), key=lambda item: (item[1], item[0]))
        if best is None or fitting > best.fitting:
            best = FieldGuess(form, width, fitting, len(lines))
    # Any sentence has blanks.
    least, enough = (3, 0.95) if delimiter == " " and "delimiter" not in given else (2, ENOUGH)
    return best if best and best.width >= least and best.fitting >= enough * len(lines) else None


def _quoting(lines: list[str], delimiter: str, given: Mapping[str, object]) -> list[tuple[str, str]]:
    """Quotes and escapes that the lines may have."""
    text = "\n".join(lines)
    pairs = [
        (quote, escape)
        for quote, escape in QUOTING
        if (not quote or quote == '"' or quote in text) and (not escape or escape in text)
    ]
    if wraps(lines, delimiter, '"'):
        pairs = [(quote, escape) for quote, escape in pairs if quote]
    if not wraps(lines, delimiter, "'"):
        pairs = [(quote, escape) for quote, escape in pairs if quote != "'"]
    elif not wraps(lines, delimiter, '"'):
        pairs.sort(key=lambda pair: pair[0] != "'")
    pairs = [(str(given.get("quote", quote)), str(given.get("escape", escape))) for quote, escape in pairs]
    return list(dict.fromkeys(pair for pair in pairs if delimiter not in pair)) or [("", "")]


def wraps(lines: Sequence[str], delimiter: str, quote: str) -> bool:
    """Whether the quote stands at both ends of fields, in more lines than it stands at one end alone.

    The ends may stand in different lines, where texts hold line ends.
    """
    mark, between = re.escape(quote), re.escape(delimiter)
    inner = (rf"(?:[^{mark}]|{mark}{mark})*", rf"(?:[^{mark}\\]|\\.|{mark}{mark})*")
    fields = [re.compile(rf"(?:^|{between}) *{mark}{text}{mark} *(?={between}|$)") for text in inner]
    open_end = re.compile(rf"(?:^|{between}) *{mark}|{mark} *(?:{between}|$)")
    wrapped = half = 0
    for line in lines:
        if quote in line:
            # Without what is quoted, with a backslash as any other character or before a quote.
            left = min((field.sub("", line) for field in fields), key=lambda text: open_end.search(text) is not None)
            wrapped += left != line
            half += open_end.search(left) is not None
    torn = _torn(lines, delimiter, quote)
    return wrapped + 2 * torn >= max(half + (not torn), 1)


def _torn(lines: Sequence[str], delimiter: str, quote: str) -> int:
    """How many quoted fields begin in one line and end in a later one."""
    mark, between = re.escape(quote), re.escape(delimiter)
    begins = re.compile(rf"(?:^|.*{between}) *{mark}[^{mark}]*")
    ends = re.compile(rf"[^{mark}]*{mark} *(?:{between}.*)?")
    torn, is_open = 0, False
    for line in lines:
        if is_open and quote in line:
            torn += ends.fullmatch(line) is not None
            is_open = False
        elif quote in line:
            is_open = begins.fullmatch(line) is not None
    return torn


def _rank(guess: FieldGuess, lines: list[str]) -> tuple[float, bool, bool, bool, bool, int]:
    """What speaks for a delimiter, the weightiest first."""
    delimiter = guess.form.delimiter
    is_usual = delimiter in USUAL or delimiter in SEVERAL
    fit = round(guess.fitting / guess.tried - (0.0 if is_usual else RARE.get(delimiter, OTHERS)), 1)
    first = len(fields_of(lines[0], guess.form)) == guess.width
    is_decimal = delimiter == "," and not any(re.search(r"(?:^|[^\d]),|,(?:[^\d]|$)", line) for line in lines)
    return (fit, not _is_half(guess, lines), is_usual, not is_decimal, first, guess.width)


def _is_half(guess: FieldGuess, lines: list[str]) -> bool:
    """Whether a character is half of the delimiter: every second field is blank, but for texts that have it too."""
    filled = sum(any(fields_of(line, guess.form)[1::2]) for line in lines)
    return guess.width > 2 and filled < HALF * len(lines)


def _is_sure(guess: FieldGuess, lines: list[str]) -> bool:
    """Whether the first line that fits is one of plain names."""
    for line in lines:
        fields = fields_of(line, guess.form)
        if len(fields) == guess.width:
            return all(re.fullmatch(r"[\w .:()/-]*", field) for field in fields)
    return False
