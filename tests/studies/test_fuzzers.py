"""Seconds of each fuzzer, which plays on for as long as one likes: no finding among these cases."""

from __future__ import annotations

import json
import tomllib

import numpy as np
import pytest

from rlbench_rec.errors import InputError
from studies import fuzz_datasets, fuzz_models, fuzz_suites, fuzz_tables
from studies.fuzzing import VALUES, answered, spoil_value

REFUSED = {"InputError", "MissingFileError", "UnknownNameError"}


@pytest.mark.parametrize(
    ("fuzzer", "cases", "fine"),
    [
        (fuzz_suites, 120, {"planned"}),
        (fuzz_datasets, 150, {"loaded"}),
        (fuzz_models, 60, {"loaded"}),
        (fuzz_tables, 40, {"better", "worse", "broken", "not-shown", "no-difference"}),
    ],
)
def test_spoilt_files_are_used_or_refused(fuzzer, cases, fine):
    outcomes = {fuzzer.play(11, number) for number in range(cases)}
    assert outcomes <= fine | REFUSED, "an outcome of another kind"
    assert outcomes & fine and "InputError" in outcomes, "cases all alike test nothing"


def test_a_fuzzer_can_find():
    def breaks():
        raise KeyError("x")

    with pytest.raises(KeyError):
        answered(breaks)
    with pytest.raises(AssertionError, match="says too little"):
        answered(lambda: (_ for _ in ()).throw(InputError("bad")))
    assert answered(lambda: (_ for _ in ()).throw(InputError("bad", where="x"))) == "InputError"


def test_a_spoilt_value_is_another_and_leaves_the_first_alone():
    value = {"a": [1, {"b": 2}], "c": "x"}
    before, changed = json.dumps(value), 0
    for seed in range(50):
        changed += json.dumps(spoil_value(value, np.random.default_rng(seed))) != before
    assert json.dumps(value) == before and changed > 40


def test_values_are_written_as_toml():
    plain = [value for value in VALUES if value is not None and value == value and not isinstance(value, list)]
    text = "\n".join(f"v{place} = {fuzz_suites.toml(value)}" for place, value in enumerate(plain))
    assert list(tomllib.loads(text).values()) == plain
