"""`--answer KEY=VALUE`: roles, events and keys of a card; a wrong one is one clear error."""

from __future__ import annotations

import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.events.infer.answers import read_answers, reading_keys

NAMES = ["day", "clock", "a,b", "x:y", "event", "sku"]


def test_roles_forms_events_and_keys():
    answers = read_answers(
        ["time=day,clock:%d.%m.%Y %H:%M", "item=a,b", "user=none", "events.add=cart", "events.=view", "price=x:y",
         "session_gap=900", "missing=-,?", "decimal=,", "strip=R$ ", "columns.category=sku", "accept=bot,twins"],
        NAMES,
    )  # fmt: skip
    assert answers.columns == {
        "timestamp": ["day", "clock"], "item": ["a,b"], "user": [], "price": ["x:y"], "category": ["sku"],
    }  # fmt: skip
    assert answers.forms == {"timestamp": "%d.%m.%Y %H:%M"} and answers.events == {"add": "cart", "": "view"}
    assert answers.keys == {"session_gap": 900.0, "missing": ["-", "?"], "decimal": ",", "strip": "R$ "}
    assert answers.settle("bot") and answers.settle("user") and not answers.settle("session")


def test_a_word_that_is_a_role_and_a_key_is_told_by_its_value():
    assert read_answers(["event=purchase", "session=row"], NAMES).keys == {"event": "purchase", "session": "row"}
    assert read_answers(["event=event", "session=day,sku"], NAMES).columns == {
        "event": ["event"],
        "session": ["day", "sku"],
    }


def test_several_events_and_flags_in_one_answer():
    answers = read_answers(["events=a:cart,b:none,c:d:view", "outcomes=day:click,sku:purchase"], NAMES)
    assert answers.events == {"a": "cart", "b": None, "c:d": "view"}
    assert answers.tables == {"outcomes": {"day": "click", "sku": "purchase"}}


def test_a_delimiter_may_be_written_as_in_a_card():
    assert reading_keys(['delimiter="\\t"', 'quote="']) == {"delimiter": "\t", "quote": '"'}
    assert reading_keys(["delimiter=||"]) == {"delimiter": "||"}


def test_how_a_file_is_written_is_known_before_it_is_opened():
    written = ["delimiter=\\t", "header=false", "names=a,b", "skip_lines=3", "item=a"]
    assert reading_keys(written) == {"delimiter": "\t", "header": False, "names": ["a", "b"], "skip_lines": 3}


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("item", "Write KEY=VALUE"),
        ("=sku", "Write KEY=VALUE"),
        ("itm=sku", "There is no 'itm' to answer. Did you mean 'item'?"),
        ("item=skv", "There is no column 'skv'. Did you mean 'sku'?"),
        ("item=day,sku", "item is one column"),
        ("item=sku:us", "item has no form"),
        ("events.add=basket", "'basket' is not an event. Events: impression, view"),
        ("events=add", "Write events=add:cart"),
        ("outcomes=day", "Write outcomes=yours:ours"),
        ("session_gap=soon", "session_gap: Input should be a valid number"),
        ("header=maybe", "header: Input should be a valid boolean"),
        ("action_source=both", "action_source: Input should be 'exposure' or 'choice'"),
    ],
)
def test_a_wrong_answer_is_one_clear_error(answer, message):
    with pytest.raises(InputError) as error:
        read_answers([answer], NAMES)
    assert message in str(error.value) and f"--answer {answer}" in str(error.value)
