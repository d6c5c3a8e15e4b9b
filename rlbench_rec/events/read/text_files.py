"""The bytes of text files, cut into whole lines of UTF-8, whatever encoding and line ends the file has."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from ...errors import InputError
from ..archives.compressed import opened
from .not_text import refuse_what_is_not_text, wide_encoding

CHUNK_BYTES = 4 << 20
HEAD_BYTES = 4 << 10
"""Looked at for what the file is."""
LONGEST_LINE = 64 << 20
"""A longer line is not a row of a log; without a limit, a file without line ends would have to fit into memory."""
BOM = codecs.BOM_UTF8
NOT_UTF8 = b"\xff"
"""Stands for what cannot be decoded, since no text in UTF-8 has it."""
UNDECODABLE = "rlbench-undecodable"
NOT_FOR_FILES = ("idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7")
"""Python's codecs for text that are not encodings of files."""


def _mark(error: UnicodeError) -> tuple[str | bytes, int]:
    if isinstance(error, UnicodeDecodeError):
        # A lone surrogate, which the way back into bytes turns into `NOT_UTF8`.
        return "\udcff", error.end
    assert isinstance(error, UnicodeEncodeError), "text is decoded and encoded, never translated"
    return NOT_UTF8, error.end


codecs.register_error(UNDECODABLE, _mark)


def known_encoding(name: str) -> str:
    """The name, if Python has an encoding of files for it.

    Raises:
        ValueError: it has none.
    """
    try:
        codec = codecs.lookup(name)
        "".encode(name)
    except (LookupError, ValueError):
        codec = None
    if codec is None or codec.incrementaldecoder is None or codec.name.replace("_", "-") in NOT_FOR_FILES:
        raise ValueError(f"'{name}' is not an encoding of text files; write one like gbk, big5, cp1252 or utf-16")
    return name


def head_lines(path: Path, encoding: str = "utf-8") -> Iterator[str]:
    """The lines of a file, one by one, without byte order mark and line ends.

    Raises:
        MissingFileError: no such file.
        InputError: what `whole_lines` refuses.
    """
    for chunk in whole_lines(path, encoding):
        for line in io.BytesIO(chunk):
            yield line.decode("utf-8", "replace").rstrip("\r\n")


def whole_lines(path: Path, encoding: str = "utf-8") -> Iterator[bytes]:
    """Chunks of the file in UTF-8 that end at the end of a line, without the byte order mark.

    Bytes that are not text of the encoding become `NOT_UTF8`. A carriage return ends a line where the first block has
    no line feed. A byte order mark counts for more than `encoding`.

    Raises:
        InputError: not a text file, UTF-16 that the encoding does not say, a line of more than 64 MiB, or an archive
            that cannot be read.
    """
    blocks = utf8_blocks(path, encoding)
    first = next(blocks, b"")
    lone_returns = b"\r" in first[:-1] and b"\n" not in first
    rest = b""
    for block in chain([first], blocks):
        block = rest + (block.replace(b"\r", b"\n") if lone_returns else block)
        cut = block.rfind(b"\n") + 1
        if cut:
            yield block[:cut]
        rest = block[cut:]
        if len(rest) > LONGEST_LINE:
            raise InputError(
                f"A line is longer than {LONGEST_LINE >> 20} MiB.", where=str(path), hint="Is it a text file?"
            )
    if rest:
        yield rest


def utf8_blocks(path: Path, encoding: str = "utf-8") -> Iterator[bytes]:
    """The file in UTF-8, wherever its lines end, without the byte order mark; see `whole_lines`.

    Raises:
        InputError: not a text file, UTF-16 that the encoding does not say, or an archive that cannot be read.
    """
    with opened(path) as stream:
        head = stream.peek(HEAD_BYTES)
        refuse_what_is_not_text(head, encoding, path)
        codec, blocks = codecs.lookup(encoding).name, _blocks(stream)
        if head.startswith(BOM):
            stream.read(len(BOM))
        elif codec not in ("utf-8", "utf-8-sig"):
            blocks = _decoded(blocks, codec, head)
        yield from blocks


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    while block := stream.read(CHUNK_BYTES):
        yield block


def _decoded(blocks: Iterator[bytes], codec: str, head: bytes) -> Iterator[bytes]:
    if codec.startswith(("utf-16", "utf-32")):
        # The mark says which byte comes first. Without one Python's `utf-16` refuses; Windows writes `utf-16-le`.
        is_marked = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE))
        form = codec[: len("utf-16")]
        codec = form if is_marked else codec if codec != form else wide_encoding(head) or f"{form}-le"
    decoder = codecs.getincrementaldecoder(codec)(UNDECODABLE)
    start = "\ufeff"
    for block in chain(blocks, [b""]):
        text = decoder.decode(block, final=not block)
        if text:
            yield text.removeprefix(start).encode("utf-8", UNDECODABLE)
            start = ""
