"""Small text files are read, or refused in one sentence that says where."""

from __future__ import annotations

import os
from typing import Annotated

import pytest
from pydantic import AfterValidator, BaseModel, Field, model_validator

from rlbench_rec.errors import InputError, MissingFileError
from rlbench_rec.parsing import LARGEST, read_json, read_toml, validated

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


def _a_colour(name):
    if name != "red":
        raise ValueError(f"'{name}' is not a colour")
    return name


class _Page(BaseModel, extra="forbid"):
    items: list[int] = Field(max_length=3)
    title: str = ""

    @model_validator(mode="after")
    def _has_a_title(self):
        if not self.title:
            raise ValueError("a page needs a title")
        return self


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"items": [1, "b"], "title": "t"}, "page: items, second entry: must be a whole number"),
        ({"items": [1, "b"], "title": "t"}, "(got 'b'). See."),
        ({"items": [], "title": "t", "tags": 7}, "page: There is no key 'tags'. See."),
        ({"items": [], "titel": "t"}, "page: There is no key 'titel'. Did you mean 'title'? See."),
        ({"title": "t"}, "page: items: is missing. See."),
        ({"title": "t", "itms": []}, "page: There is no key 'itms'. Did you mean 'items'? See."),
        ({"items": [1, 2, 3, 4], "title": "t"}, "page: items: must have at most 3 entries."),
        ({"items": []}, "page: a page needs a title. See."),
        ([], "page: must be a table."),
    ],
)
def test_what_does_not_fit_a_model_is_refused_by_its_field(content, message):
    with pytest.raises(InputError) as error:
        validated(content, _Page, "page", "See.")
    assert message in str(error.value)


class _Book(BaseModel, extra="forbid"):
    cover: _Page | None = None
    pages: dict[str, list[_Page]] = {}
    colour: Annotated[str, AfterValidator(_a_colour)] = "red"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"cover": {"items": [], "titel": "t"}}, "There is no key 'cover.titel'. Did you mean 'title'?"),
        (
            {"pages": {"t": [{"items": [], "itms": 1}]}},
            "pages.t, first entry: there is no key 'itms'. Did you mean 'items'?",
        ),
        ({"cover": {"items": [], "pages": 1}}, "There is no key 'cover.pages'."),
        ({"colour": "rd"}, "colour: 'rd' is not a colour."),
    ],
)
def test_a_key_that_does_not_exist_is_named_with_the_nearest_one_beside_it(content, message):
    with pytest.raises(InputError) as error:
        validated(content, _Book, "book")
    assert str(error.value) == f"book: {message}"


def test_a_long_value_is_not_quoted_whole():
    with pytest.raises(InputError) as error:
        validated({"items": "x" * 100_000}, _Page, "page")
    assert len(str(error.value)) < 200


def test_a_number_that_python_cannot_write_is_refused_like_any_other():
    with pytest.raises(InputError, match=r"title: .* \(got a number of thousands of digits\)"):
        validated({"items": [], "title": 16**5_000}, _Page, "page")


def test_what_fits_a_model_is_the_model():
    assert validated({"items": ["1"], "title": "t"}, _Page, "page") == _Page(items=[1], title="t")
