"""`--answer KEY=VALUE`: roles, events and keys of a card; a wrong one is one clear error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.events import infer
from rlbench_rec.events.infer.answers import read_answers, reading_keys
from rlbench_rec.events.infer.questions import DOUBTS

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
        ("outcomes=dya:click", "There is no column 'dya'. Did you mean 'day'?"),
        ("outcomes=day:basket", "'basket' is not an event"),
        ("context.dya=category", "There is no column 'dya'. Did you mean 'day'?"),
        ("context.day=text", "context.day: must be 'category' or 'number'"),
        ("where.dya=1", "There is no column 'dya'"),
        ("lists.columns=day,clok", "There is no column 'clok'. Did you mean 'clock'?"),
        ("lists.column=day", "lists has no 'column'. It has: columns"),
        ("id_types.items=string", "id_types has no 'items'. It has: item"),
        ("id_types.item=text", "id_types.item: must be"),
        ("reward_weights.basket=1", "'basket' is not an event"),
        ("reward_weights.cart=much", "reward_weights.cart: must be a number"),
        ("columns.skv=day", "There is no 'columns.skv' to answer"),
        ("accept=twin", "No question is settled by accepting 'twin'. Did you mean 'twins'? What can be accepted: bot"),
        ("accept=bot,price", "accepting 'price'"),
        ("questions=x", "'questions' is not an answer. data init writes it"),
        ("files=x.csv", "'files' is not an answer"),
        ("folder=..", "'folder' is not an answer"),
        ("events=a:view,a:cart", "There are two answers to 'events.a'"),
        ("session_gap=soon", "session_gap: must be a number"),
        ("header=maybe", "header: must be true or false"),
        ("action_source=both", "action_source: must be 'exposure' or 'choice'"),
    ],
)
def test_a_wrong_answer_is_one_clear_error(answer, message):
    with pytest.raises(InputError) as error:
        read_answers([answer], NAMES)
    assert message in str(error.value) and f"--answer {answer}" in str(error.value)


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        ("item=sku", "item=day", "'item'"),
        ("item=sku", "columns.item=sku", "'item'"),
        ("time=day", "timestamp=clock", "'timestamp'"),
        ("event=purchase", "event=event", "'event'"),
        ("events.add=cart", "events=see:view,add:none", "'events.add'"),
        ("reward_weight.cart=1", "reward_weights=cart:2", "'reward_weights.cart'"),
        ("delimiter=;", "delimiter=,", "'delimiter'"),
        ("decimal=.", "decimal=,", "'decimal'"),
        ("time=day:us", "time_format=%d/%m/%Y", "how times are written"),
        ("time_unit=ms", "time_format=%d/%m/%Y", "how times are written"),
    ],
)
def test_two_answers_to_one_thing_are_an_error(first, second, what):
    with pytest.raises(InputError) as error:
        read_answers([first, second], NAMES)
    assert f"--answer {second}: There are two answers to {what}." in str(error.value)
    assert f"Leave out one: --answer {first}." in str(error.value)


def test_answers_to_different_entries_of_a_table_add_up():
    answers = read_answers(["events.a=cart", "events=b:view", "accept=bot", "accept=twins", "events=none"], NAMES)
    assert answers.events == {"a": "cart", "b": "view"} and answers.accepted == {"bot", "twins", "events"}
    answers = read_answers(["context.da*=category", "lists.columns=day,sku", "lists.label=-"], NAMES)
    assert answers.tables == {"context": {"da*": "category"}, "lists": {"columns": ["day", "sku"], "label": "-"}}


def test_a_list_may_be_written_as_in_a_card():
    answers = read_answers(['time_format=["%d.%m.%Y, %H:%M", "%d.%m.%Y"]', 'missing=["-", "a,b"]'], NAMES)
    assert answers.keys == {"time_format": ["%d.%m.%Y, %H:%M", "%d.%m.%Y"], "missing": ["-", "a,b"]}


def test_every_doubt_that_is_offered_can_be_accepted():
    sources = Path(infer.__file__).parent.rglob("*.py")
    offered = {doubt for source in sources for doubt in re.findall(r"accept=([a-z][a-z-]*)", source.read_text())}
    assert offered and offered <= set(DOUBTS)
