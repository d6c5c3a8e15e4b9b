"""Which encoding bytes are written in: each one that can decode them is judged by how much its text looks like words.

Logs hold few words that are not ASCII, often the same ones again, so every distinct word counts once. A detector that
has learnt from whole pages sees too little in them, and decides only between encodings that the letters leave close.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ...read.text_files import BOM
from ..questions import Question
from .common_letters import COMMON, DOUBLE_BYTE, PRIOR, RARER, WIDER

MARKS = {b"\xff\xfe\x00\x00": "utf-32", b"\x00\x00\xfe\xff": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
"""Byte order marks, the longer ones first; that of UTF-8 is no reason for a key."""
WORDS = 2_000
"""Distinct words that are looked at."""
CLEAR = 0.08
"""By how much the best encoding must lead to be taken without a question."""
LIKELY = 0.6
"""What the best encoding must reach to be taken without a question."""
ENOUGH_UTF8 = 0.9
"""Share of the lines with other than ASCII that must be UTF-8: a text cut in the middle of a letter spoils one line."""
ENOUGH = 0.98
"""Share of the lines that any other encoding must decode."""


@dataclass(frozen=True)
class EncodingGuess:
    """The encoding of a file.

    Attributes:
        name: for the card; `utf-8` where there is nothing but ASCII.
        note: what was seen, a sentence; empty for UTF-8.
        rivals: other encodings that fit as well, likeliest first.
        examples: a text as the guess and each rival read it.
    """

    name: str
    note: str = ""
    rivals: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()


def guess_encoding(text: bytes) -> EncodingGuess:
    """The encoding of some whole lines of a file, its first among them."""
    for mark, name in MARKS.items():
        if text.startswith(mark):
            return EncodingGuess(name, f"The file begins with the byte order mark of {name.upper()}.")
    if wide := _without_mark(text):
        return EncodingGuess(wide, f"Every other byte is zero, as in {wide.upper()}.")
    if b"\x1b$" in text and text.isascii():
        return EncodingGuess("iso2022_jp", "The file has the escape sequences of ISO-2022-JP.")
    lines = [line for line in re.split(rb"[\r\n]+", text.removeprefix(BOM)) if not line.isascii()]
    if not lines:
        return EncodingGuess("utf-8")
    broken = sum(not _decodes(line, "utf-8") for line in lines)
    if broken <= (1 - ENOUGH_UTF8) * len(lines):
        note = f"{broken} of the lines looked at hold bytes that are not UTF-8; they are malformed."
        return EncodingGuess("utf-8", note if broken else "")
    return _judged(list(dict.fromkeys(lines)))


def encoding_questions(guess: EncodingGuess) -> list[Question]:
    """Which encoding it is, where several fit."""
    if not guess.rivals:
        return []
    names = (guess.name, *guess.rivals)
    seen = ", or ".join(f"'{text}' in {name}" for name, text in zip(names, guess.examples, strict=True))
    text = f"Which encoding is it? The file is not UTF-8, and has {seen}."
    return [Question("encoding", text, tuple(f"encoding={name}" for name in names))]


def _without_mark(text: bytes) -> str:
    """UTF-16 without a byte order mark: in every text of a log most letters, digits and commas are ASCII."""
    head = text[: 1 << 16]
    if len(head) < 4 or head.count(0) < len(head) / 8:
        return ""
    even, odd = head[::2].count(0), head[1::2].count(0)
    return "utf-16-le" if odd > 4 * even else "utf-16-be" if even > 4 * odd else ""


def _judged(lines: list[bytes]) -> EncodingGuess:
    scores: dict[str, float] = {}
    texts: dict[str, str] = {}
    while sum(map(len, lines)) > 1 << 20:
        lines = lines[::2]
    joined = b"\n".join(lines)
    for family, letters in COMMON.items():
        name = next((n for n in (family, WIDER.get(family, family)) if _decodes_lines(joined, n)), None)
        text = joined.decode(name, "replace") if name else ""
        if name and text not in texts.values():
            texts[name] = text
            wider = 0.05 if name == WIDER.get(family) else 0.0
            scores[name] = _score(text, family, name, frozenset(letters)) + PRIOR.get(family, -0.05) - wider
    if not scores:
        return EncodingGuess("latin-1", "No encoding fits the bytes well; Latin-1 takes any.")
    ranked = sorted(scores, key=lambda name: -scores[name])
    close = [name for name in ranked if scores[name] > scores[ranked[0]] - CLEAR]
    if scores[ranked[0]] < LIKELY:
        # Nothing looks like words: the bytes may be broken, whatever the encoding.
        close = ranked[:2]
        if "utf-8" not in texts:
            texts["utf-8"] = joined.decode("utf-8", "replace")
            close.append("utf-8")
    elif len(close) > 1:
        close = _by_frequencies(joined, close)
    examples = tuple(" ".join(_words(texts[name])[:3]) for name in close[:4])
    note = f"The file is not UTF-8; as {close[0].upper()} it has words like '{examples[0]}'."
    return EncodingGuess(close[0], note, tuple(close[1:4]), examples)


def _by_frequencies(text: bytes, close: list[str]) -> list[str]:
    """Of encodings that look alike the one that the letters' frequencies in whole languages favour, else all."""
    from charset_normalizer import from_bytes

    likeness = {match.encoding: match.coherence for match in from_bytes(text[: 1 << 16], cp_isolation=close)}
    first, second, *_ = sorted(close, key=lambda name: -likeness.get(name, 0.0))
    return [first] if likeness.get(first, 0.0) > likeness.get(second, 0.0) + 0.3 else close


def _decodes(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _decodes_lines(text: bytes, encoding: str) -> bool:
    """Whether all lines decode but for the odd one that is cut or broken."""
    if _decodes(text, encoding):
        return True
    lines = text.split(b"\n")
    return sum(_decodes(line, encoding) for line in lines) >= ENOUGH * len(lines)


def _words(text: str) -> list[str]:
    """Distinct words with other than ASCII in them."""
    words = re.findall(r"[^\s\x00-/:-@\[-`{-\x7f]+", text)
    return [word for word in dict.fromkeys(words) if not word.isascii()][:WORDS]


def _score(text: str, family: str, name: str, common: frozenset[str]) -> float:
    """How much the words look like words, 0 to 1."""
    fits = [
        _fit_of_two(word, place, family, name, common) if family in DOUBLE_BYTE else _fit_of_one(word, place, common)
        for word in _words(text)
        for place, letter in enumerate(word)
        if not letter.isascii()
    ]
    return sum(fits) / max(len(fits), 1)


def _fit_of_two(word: str, place: int, family: str, name: str, common: frozenset[str]) -> float:
    """How likely a letter of two bytes is."""
    letter = word[place]
    if 0 < place < len(word) - 1 and all(c.isascii() and c.isalpha() for c in word[place - 1 : place + 2 : 2]):
        # Two accented letters within a word of ours; between digits it may be the year of a date.
        return 0.0
    if letter in common:
        return 1.0
    if unicodedata.category(letter)[0] in "PN":
        return 0.7
    code = letter.encode(name, "ignore")
    if len(code) == 1:
        return 0.7 if all("\uff61" <= other <= "\uff9f" for other in word) else 0.0
    first, last, trail = DOUBLE_BYTE[family]
    return 0.8 if len(code) == 2 and first <= code[0] <= last and code[1] >= trail else 0.0


def _fit_of_one(word: str, place: int, common: frozenset[str]) -> float:
    """How likely a letter of one byte is."""
    letter, beside = word[place], word[max(place - 1, 0) : place] + word[place + 1 : place + 2]
    kind = unicodedata.category(letter)
    if (kind == "Mn" or letter in "ะาำ") and not (place and unicodedata.category(word[place - 1])[0] in "LM"):
        # A vowel or mark that stands behind a letter.
        return 0.0
    if kind in ("Pi", "Pf", "Pd", "Po", "Sc") or letter in "©®™°№":
        if letter in "¤§¶†‡":
            return 0.2
        if sum(map(str.isalpha, beside)) == 2:
            # Any other sign than an apostrophe between two letters is a letter of another encoding.
            return 0.9 if letter == "\u2019" else 0.0
        return 0.9 if len(word) > 1 or kind in ("Pd", "Sc") else 0.35
    if not letter.isalpha() and kind != "Mn":
        return 0.0
    if len(word) == 1:
        return 0.6 if letter in common else 0.35
    fit = 1.0 if letter in common else 0.9 if letter in RARER else 0.4
    if letter.isupper() and place and word[place - 1].islower():
        fit -= 1.0
    script = _script(letter)
    if any(_script(other) != script for other in word if other.isalpha()):
        fit -= 0.6
    if script == "LATIN" and any(not neighbour.isascii() for neighbour in beside):
        # Words of little but accents belong to another script.
        fit -= 0.3
    return max(fit, 0.0)


def _script(letter: str) -> str:
    return unicodedata.name(letter, "?").split()[0]
