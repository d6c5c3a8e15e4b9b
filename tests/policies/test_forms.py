"""Policy forms as they are written: read, refused, and written again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlbench_rec.errors import InputError
from rlbench_rec.policies import PolicyForm, parse_form
from rlbench_rec.policies.forms import PARAMETERS


@pytest.mark.parametrize(
    ("text", "form", "arguments"),
    [
        ("greedy", PolicyForm("greedy"), {}),
        ("stochastic", PolicyForm("stochastic"), {}),
        ("softmax-0.3", PolicyForm("softmax", 0.3), {"tau": 0.3}),
        ("epsilon-greedy-0.1", PolicyForm("epsilon-greedy", 0.1), {"epsilon": 0.1}),
        ("tilted-0.6", PolicyForm("tilted", 0.6), {"divergence": 0.6}),
        ("mixed-0.25", PolicyForm("mixed", 0.25), {"share": 0.25}),
        ("constrained-1", PolicyForm("constrained", 1.0), {"share": 1.0}),
        ("frontier", PolicyForm("frontier"), {}),
        ("frontier-best", PolicyForm("frontier-best"), {}),
    ],
)
def test_forms(text, form, arguments):
    assert parse_form(text) == form and str(form) == text and form.arguments == arguments


@pytest.mark.parametrize(
    "text",
    [
        *("softmax-x", "epsilon-greedy", "Greedy", "", "softmax-nan", "softmax-inf", "softmax--1", "tilted", "tilted-"),
        *("mixed-1.01", "epsilon-greedy-2", "constrained--0.1", "frontier-0.3", "frontier-worst", "greedy-1"),
    ],
)
def test_what_is_no_form(text):
    with pytest.raises(InputError, match=r"Unknown policy form.*Write greedy, .*tilted-<nats a session>"):
        parse_form(text)


@given(st.sampled_from(sorted(PARAMETERS)), st.floats(0, 1))
def test_writing_and_reading_go_round(name, parameter):
    form = PolicyForm(name, parameter)
    assert parse_form(str(form)) == form
