"""A file that does not fit: every problem at once, in our words, with its place and what was meant."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import BaseModel, Field

from rlbench_rec.errors import InputError
from rlbench_rec.parsing import read_json, read_toml, validated
from rlbench_rec.suite.config import Suite


class _Room(BaseModel, extra="forbid"):
    beds: int = Field(ge=1, le=4)
    view: Literal["sea", "garden"] = "sea"
    guests: str | list[str] = []
    level: float = 0.0


class _Hotel(BaseModel, extra="forbid"):
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    rooms: list[_Room] = Field(default=[], max_length=9)
    prices: dict[str, float] = {}
    open: bool = True
    days: Literal["week", "weekend"] | list[Literal["week", "weekend"]] = "week"


def refused(content):
    with pytest.raises(InputError) as error:
        validated(content, _Hotel, "hotel.toml", "See the manual.")
    return str(error.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({}, "name: is missing."),
        ({"nmae": "a"}, "There is no key 'nmae'. Did you mean 'name'?"),
        (
            {"name": "A"},
            "name: must be of lower-case letters, digits and dashes, and not begin with a dash (got 'A').",
        ),
        ({"name": "a", "rooms": {}}, "rooms: must be a list."),
        ({"name": "a", "rooms": [{"beds": 5}]}, "rooms, first entry: beds: must be at most 4 (got 5)."),
        ({"name": "a", "rooms": [{"beds": "two"}]}, "rooms, first entry: beds: must be a whole number (got 'two')."),
        ({"name": "a", "rooms": [3]}, "rooms, first entry: must be a table (got 3)."),
        (
            {"name": "a", "rooms": [{"beds": 1, "view": "gardne"}]},
            "rooms, first entry: view: must be 'sea' or 'garden' (got 'gardne'). Did you mean 'garden'?",
        ),
        (
            {"name": "a", "rooms": [{"beds": 1, "guests": 3}]},
            "rooms, first entry: guests: must be text or a list (got 3).",
        ),
        (
            {"name": "a", "rooms": [{"beds": 1, "guests": ["b", 3]}]},
            "rooms, first entry: guests, second entry: must be text (got 3).",
        ),
        ({"name": "a", "prices": {"may": "dear"}}, "prices.may: must be a number (got 'dear')."),
        ({"name": "a", "open": "maybe"}, "open: must be true or false (got 'maybe')."),
        (
            {"name": "a", "days": ["weekned"]},
            "days, first entry: must be 'week' or 'weekend' (got 'weekned'). Did you mean 'weekend'?",
        ),
        ({"name": "a", "rooms": [{"beds": 1, "level": True}] * 10}, "rooms: must have at most 9 entries."),
    ],
    ids=str,
)
def test_one_problem_is_one_line(content, said):
    assert refused(content) == f"hotel.toml: {said} See the manual."


def test_all_problems_are_named_at_once_and_a_misspelt_key_is_not_also_missing():
    content = {"nmae": "a", "open": 3, "rooms": [{"beds": 1}, {"bedz": 1, "view": "sae"}], "prices": 1}
    assert refused(content).splitlines() == [
        "hotel.toml: 5 things are wrong:",
        "  rooms, second entry: there is no key 'bedz'. Did you mean 'beds'?",
        "  There is no key 'nmae'. Did you mean 'name'?",
        "  rooms, second entry: view: must be 'sea' or 'garden' (got 'sae'). Did you mean 'sea'?",
        "  prices: must be a table (got 1).",
        "  open: must be true or false (got 3).",
        "  See the manual.",
    ]


def test_of_very_many_problems_the_first_are_named():
    lines = refused({"name": "a", "prices": {f"day-{number}": "dear" for number in range(30)}}).splitlines()
    assert lines[0] == "hotel.toml: 30 things are wrong:" and len(lines) == 11
    assert lines[-2:] == ["  ... and 22 more", "  See the manual."]


def test_a_suite_names_what_pydantic_would_call_inputs():
    with pytest.raises(InputError) as error:
        validated({"name": "a", "sources": [{"task": "ads-v1", "mdp": {"gama": 1}}], "steps": 0}, Suite, "a.toml")
    said = str(error.value)
    assert "sources, first entry (ads-v1): there is no key 'mdp.gama'. Did you mean 'gamma'?" in said
    assert "algorithms: is missing." in said
    assert "Input" not in said and "Field required" not in said


def test_what_does_not_fit_has_its_line_where_editors_look_for_it(tmp_path):
    path = tmp_path / "hotel.toml"
    path.write_text('name = "a"\n\n[[rooms]]\nbeds = 1\n[[rooms]]\nbeds = 5\n')
    with pytest.raises(InputError) as error:
        validated(read_toml(path, "hotel"), _Hotel, str(path))
    assert str(error.value) == f"{path}:6: rooms, second entry: beds: must be at most 4 (got 5)."
    path.write_text('nmae = "a"\nrooms = [{},\n  {beds = 1, views = 2},\n]\n')
    with pytest.raises(InputError) as error:
        validated(read_toml(path, "hotel"), _Hotel, str(path))
    assert str(error.value).splitlines() == [
        f"{path}: 3 things are wrong:",
        "  line 3: rooms, second entry: there is no key 'views'. Did you mean 'view'?",
        "  line 1: There is no key 'nmae'. Did you mean 'name'?",
        "  line 2: rooms, first entry: beds: is missing.",
    ]


def test_entries_are_counted_as_people_do_and_named_where_they_say_what_they_are():
    algorithms = [{"id": "bc"}] * 11 + [{"id": "dqn", "forms": 3}]
    with pytest.raises(InputError) as error:
        validated({"name": "a", "sources": [{"task": "ads-v1"}], "algorithms": algorithms}, Suite, "a.toml")
    assert "algorithms, entry 12 (dqn): " in str(error.value)


@pytest.mark.parametrize(
    ("read", "text", "said"),
    [
        (read_toml, "a = 1\nb = \n", ":2: Not a TOML file: Invalid value, in column 5."),
        (read_toml, "a = 1\na = 2\n", ":2: Not a TOML file: Cannot overwrite a value, in column 6."),
        (read_json, '{"a": 1,\n "b" 2}', ":2: Not a JSON file: Expecting ':' delimiter, in column 6."),
    ],
)
def test_a_syntax_error_has_its_line_where_editors_look_for_it(tmp_path, read, text, said):
    path = tmp_path / "suite"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        read(path, "suite")
    assert str(error.value) == f"{path}{said}"
