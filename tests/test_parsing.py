"""Small text files are read, or refused in one sentence that says where."""

from __future__ import annotations

import os

import pytest

from rlbench_rec.errors import InputError, MissingFileError
from rlbench_rec.parsing import LARGEST, read_json, read_toml

DEEP, LONG = 100_000, "9" * 5_000
BROKEN = {
    "nested lists": (f"a = {'[' * DEEP}{']' * DEEP}", f"{'[' * DEEP}{']' * DEEP}", "nested too deeply"),
    "nested tables": ("a = " + "{b=" * DEEP, '{"a":' * DEEP, "nested too deeply"),
    "digits": (f"x = 1\na = {LONG}", f'{{"x": 1,\n"a": {LONG}}}', r":2: A number has too many digits"),
    "negative digits": (f"a = -{LONG}", f"[-{LONG}]", r":1: A number has too many digits"),
    "not closed": ("a = [", "[", "Not a .* file"),
    "not utf-8": (b"a = 1\nb = '\xff'", b'{\n"a": "\xff"}', r":2: The file is not UTF-8"),
    "utf-16": ("a = 1".encode("utf-16"), "{}".encode("utf-16"), "UTF-16"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_is_refused_with_its_place(tmp_path, name):
    toml, json, message = BROKEN[name]
    for read, content in ((read_toml, toml), (read_json, json)):
        path = tmp_path / "file"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        with pytest.raises(InputError, match=message) as error:
            read(path, "card")
        assert str(path) in str(error.value) and len(str(error.value)) < 500


def test_a_byte_order_mark_is_no_content(tmp_path):
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfa = 1")
    assert read_toml(tmp_path / "a", "card") == {"a": 1}
    (tmp_path / "a").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_json(tmp_path / "a", "card") == {"a": 1}


@pytest.mark.parametrize("read", [read_toml, read_json])
def test_a_place_that_is_no_file(tmp_path, read):
    with pytest.raises(InputError, match="card cannot be read"):
        read(tmp_path, "card")
    with pytest.raises(MissingFileError, match=r"no such card\. Make one"):
        read(tmp_path / "a", "card", "Make one.")
    with pytest.raises(InputError, match="card cannot be read"):
        read(tmp_path / "a\0b", "card")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="card cannot be read"):
        read(tmp_path / "file" / "a", "card")


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="this system has no endless file")
def test_an_endless_file_ends(monkeypatch):
    monkeypatch.setattr("rlbench_rec.parsing.LARGEST", 1 << 20)
    from pathlib import Path

    with pytest.raises(InputError, match="More than 1 MiB"):
        read_toml(Path("/dev/zero"), "card")
    assert LARGEST > 1 << 20
