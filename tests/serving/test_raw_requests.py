"""Raw requests as states, by hand, and one clear line for each that cannot be encoded."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.serving import ContextColumn, StateEncoding
from rlbench_rec.serving.raw_requests import encode, session_step

ENCODING = StateEncoding(
    context=(
        ContextColumn("step", "step"),
        ContextColumn("device", "category", values=("desk", "phone")),
        ContextColumn("age", "number", mean=30.0, scale=4.0),
        ContextColumn("flat", "unused"),
    ),
    history=2,
    items=("a", "7"),
    other_item=3,
    events={"view": 2, "cart": 4, "search": 8},
    event_names={"look": "view"},
    decisions=("view",),
    clock="timestamp",
    searches=True,
)
CONTEXT = {"device": "phone", "age": 38}


def event(item, name="look", second=0, **more):
    return {"item_id": item, "event": name, "timestamp": 1000 * second} | more


def state_of(encoding=ENCODING, **request):
    return encode(encoding, [{"context": CONTEXT} | request], {"x": 0, "y": 1})[0].tolist()


def test_a_state_by_hand():
    shown = [event("a", second=1), event(7, "cart", 4), event("new", "view", 9)]
    # log1p of two views; one-hot; (38 - 30) / 4; then the last two items, events and gaps.
    assert state_of(events=shown) == pytest.approx([math.log(3), 0, 1, 2, 2, 3, 4, 2, 3, 5])
    assert state_of(events=shown[:1]) == pytest.approx([math.log(2), 0, 1, 2, 0, 1, 0, 2, 0, 0])
    assert session_step(ENCODING, {"events": shown}) == 2 and session_step(ENCODING, {"step": 5}) == 5
    assert state_of(events=shown, step=6)[0] == pytest.approx(math.log(7))


def test_values_that_training_has_not_seen():
    assert state_of(context={"device": "tv", "age": None})[1:4] == [0, 0, 0]
    assert state_of(context={"device": None, "age": 30, "flat": 9})[1:4] == [0, 0, 0]


def test_context_goes_on_from_the_last_search():
    shown = [event(None, "search", 1, device="desk"), event("a", second=2)]
    assert state_of(context={"age": 30}, events=shown)[1:3] == [1, 0]
    assert state_of(context={"device": "phone", "age": 30}, events=shown)[1:3] == [0, 1]


def test_the_clock_is_that_of_the_sessions_first_event():
    encoding = StateEncoding(context=(ContextColumn("clock", "clock"),), events={"view": 2}, clock="timestamp")
    six_hours = 6 * 3_600_000
    expected = [1, 0, math.sin(math.pi / 14), math.cos(math.pi / 14)]
    assert encode(encoding, [{"timestamp": six_hours}])[0] == pytest.approx(expected, abs=1e-7)
    shown = [{"item_id": "a", "event": "view", "timestamp": six_hours}]
    assert encode(encoding, [{"events": shown, "timestamp": 9 * six_hours}])[0] == pytest.approx(expected, abs=1e-7)
    assert encode(encoding, [{"session_start": six_hours}])[0] == pytest.approx(expected, abs=1e-7)


def test_what_is_possible_ends_the_state():
    plain = StateEncoding(context=(ContextColumn("x", "number"),), items=("a", "b"), other_item=3)
    flags = StateEncoding.from_json(plain.to_json() | {"forbidden": 2})
    assert state_of(flags, context={"x": 1}, forbidden=["y"]) == [1, 0, 1]
    slots = StateEncoding.from_json(plain.to_json() | {"candidates": 3})
    assert state_of(slots, context={"x": 1}, candidates=["b", "new"]) == [1, 2, 3, 0]


def test_an_encoding_is_plain_json():
    text = json.dumps(ENCODING.to_json(), allow_nan=False)
    assert StateEncoding.from_json(json.loads(text)) == ENCODING
    for change, message in (
        ({"schema_version": 9}, "Schema version 9; this version reads 1"),
        ({"clock": "sun"}, "clock 'sun'"),
        ({"other_item": 9}, "other_item 9"),
        ({"context": [{"name": "x", "kind": "hash"}]}, "kind 'hash'"),
        ({"context": [{"name": "x", "kind": "number", "scale": 0}]}, "mean and scale of 'x'"),
        ({"items": None}, "does not fit"),
    ):
        with pytest.raises(InputError, match=message):
            StateEncoding.from_json(ENCODING.to_json() | change)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"contexts": {}}, r"^request: Unknown column 'contexts'\. Did you mean 'context'\?"),
        ({"context": {"device": "phone", "age": 3, "agee": 1}}, r"request\.context: Unknown column 'agee'.*'age'"),
        ({"context": {"device": "phone"}}, r"request\.context: The column 'age' is missing\. Write null"),
        (
            {"context": {"device": "phone", "age": float("nan")}},
            r"context\.age: It is not a finite number\. Write null",
        ),
        ({"context": {"device": "phone", "age": 10**400}}, r"context\.age: It is not a finite number"),
        ({"context": {"device": "phone", "age": "38"}}, r"context\.age: '38' is not a number"),
        ({"context": {"device": "phone", "age": True}}, r"context\.age: True is not a number"),
        ({"context": {"device": 4, "age": 1}}, r"context\.device: 4 is not text, as in training"),
        ({"context": {"device": ["x"], "age": 1}}, r"context\.device: \['x'\] is not a category"),
        ({"context": 3}, r"request\.context: 3 is not an object"),
        ({"events": {"a": 1}}, r"request\.events: \{'a': 1\} is not a list"),
        ({"events": ["a"]}, r"request\.events\[0\]: 'a' is not an object"),
        ({"events": [event(1.5)]}, r"events\[0\]\.item_id: 1\.5 is not an id"),
        (
            {"events": [event("a", "wish")]},
            r"events\[0\]\.event: Unknown event 'wish'\. Known are: view, cart, search, l",
        ),
        ({"events": [event("a", ["view"])]}, r"events\[0\]\.event: Unknown event"),
        ({"events": [{"item_id": "a", "event": "view"}]}, r"events\[0\]\.timestamp: A time is missing"),
        ({"events": [event("a", second=2), event("a", second=1)]}, r"events\[1\]\.timestamp: It is before"),
        ({"events": [event("a", color=1)]}, r"events\[0\]: Unknown column 'color'"),
        ({"step": -1}, r"request\.step: -1; at least 0"),
        ({"forbidden": ["x"]}, r"request\.forbidden: The policy takes no forbidden"),
    ],
)
def test_bad_requests_are_refused_in_a_line(asked, message):
    with pytest.raises(InputError, match=message) as refused:
        encode(ENCODING, [{"context": CONTEXT} | asked])
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 300


def test_an_unknown_item_is_refused_where_all_were_known():
    closed = StateEncoding(context=(), history=1, items=("a",), events={"view": 2})
    with pytest.raises(InputError, match=r"events\[0\]\.item_id: Unknown item 'b'\. The policy was trained"):
        encode(closed, [{"events": [{"item_id": "b", "event": "view"}]}])
    with pytest.raises(InputError, match=r"requests\[1\]\.events\[0\]\.item_id: An item is needed"):
        encode(closed, [{}, {"events": [{"event": "view"}]}])
    assert np.isfinite(encode(closed, [{"events": [{"item_id": "a", "event": "view"}] * 5_000}])).all()
