"""Lines of a text file: its head, and where it can be read anywhere, pieces of its whole length."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ....errors import InputError
from ...archives.compressed import opened
from ...read.text_files import BOM, known_encoding
from .encodings import MARKS, EncodingGuess, guess_encoding

HEAD_BYTES = 4 << 20
NOT_TEXT = re.compile("[\udc80-\udcff\ufffd]")
"""What bytes that are not of the encoding become."""
PIECES, PIECE_BYTES = 32, 64 << 10
"""Beyond its head a plain file is looked into at this many places, since rare events often come late."""


@dataclass(frozen=True)
class TextPieces:
    """What was read of a text file.

    Attributes:
        encoding: the guess; its name is the user's where the user said it.
        head: the lines of the file's beginning, blank ones too, without line ends.
        rest: lines from further on.
        whole: whether `head` is all of the file.
    """

    encoding: EncodingGuess
    head: list[str]
    rest: list[str]
    whole: bool

    @property
    def lines(self) -> list[str]:
        return [*self.head, *self.rest]

    def write(self, path: Path, lines: list[str]) -> Path:
        """Lines as the file has them."""
        # Python writes the mark for `utf-16`; what did not decode goes back as the bytes that it was.
        path.write_bytes("".join(f"{line}\n" for line in lines).encode(self.encoding.name, "surrogateescape"))
        return path


def is_text(line: str) -> bool:
    """Whether all bytes of a line were of the encoding."""
    return line.isascii() or NOT_TEXT.search(line) is None


def read_pieces(path: Path, given: Mapping[str, object]) -> TextPieces:
    """The lines of a file, plain or packed.

    Raises:
        InputError: an encoding that Python does not know.
    """
    with opened(path) as stream:
        head = stream.read(HEAD_BYTES)
        whole = len(head) < HEAD_BYTES
        blocks = []
        # What is packed can be read from its start alone.
        if not whole and stream.seekable():
            last = max(path.stat().st_size - PIECE_BYTES, HEAD_BYTES)
            for piece in range(1, PIECES):
                # Of even places, where letters of two bytes begin.
                stream.seek((HEAD_BYTES + (last - HEAD_BYTES) * piece // (PIECES - 1)) // 4 * 4)
                blocks.append(stream.read(PIECE_BYTES))
    encoding = _encoding(head, blocks, whole, given)
    codec = _codec_inside(encoding.name, head)
    texts = [block.decode(codec, "replace" if _is_wide(codec) else "surrogateescape") for block in (head, *blocks)]
    end = "\n" if "\n" in texts[0] else "\r"
    lines = [text.removeprefix("\ufeff").split(end) for text in texts]
    lines = [[line.removesuffix("\r") for line in piece] for piece in lines]
    if lines[0][-1] == "" or (not whole and len(lines[0]) > 1):
        # A last line that goes on beyond the head, or that is none.
        lines[0] = lines[0][:-1]
    return TextPieces(encoding, lines[0], [line for piece in lines[1:] for line in piece[1:-1]], whole)


def _encoding(head: bytes, blocks: list[bytes], whole: bool, given: Mapping[str, object]) -> EncodingGuess:
    if "encoding" in given:
        try:
            return EncodingGuess(known_encoding(str(given["encoding"])))
        except ValueError as error:
            raise InputError(f"{error}.".replace("..", "."), where="encoding") from error
    cut = [head if whole else head[: head.rfind(b"\n") + 1 or None]]
    cut += [block[block.find(b"\n") + 1 : block.rfind(b"\n") + 1] for block in blocks]
    return guess_encoding(b"".join(cut))


def _codec_inside(encoding: str, head: bytes) -> str:
    """The codec of any piece of a file: without a byte order mark of its own."""
    if head.startswith(BOM) or codecs.lookup(encoding).name == "utf-8-sig":
        return "utf-8"
    width = codecs.lookup(encoding).name
    if width in ("utf-16", "utf-32"):
        mark = next((mark for mark, name in MARKS.items() if name == width and head.startswith(mark)), b"\xff\xfe")
        return f"{width}-{'le' if mark[0] == 0xFF else 'be'}"
    return encoding


def _is_wide(codec: str) -> bool:
    return codecs.lookup(codec).name.startswith(("utf-16", "utf-32"))
