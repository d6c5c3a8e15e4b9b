"""What stands in a column in place of probabilities is told: logarithms, percentages, inverses, densities."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.ope.scorecard import read_log


def softmax(scores: np.ndarray) -> np.ndarray:
    share = np.exp(scores)
    return share / share.sum(axis=1, keepdims=True)


def few(rng, n):
    """Three actions, the same chances in every row."""
    behaviour, target = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
    items = rng.choice(3, n, p=behaviour)
    return behaviour[items], target[items]


def contextual(rng, n):
    """Ten actions, chances that differ from row to row."""
    behaviour = softmax(rng.normal(size=(n, 10)))
    target = softmax(rng.normal(size=(n, 10)))
    items = (rng.random((n, 1)) < behaviour.cumsum(axis=1)).argmax(axis=1)
    return behaviour[np.arange(n), items], target[np.arange(n), items]


FORMS = {
    "logarithms": (np.log, "look like logarithms: give exp"),
    "negative logarithms": (lambda p: -np.log(p), "look like negative logarithms: give exp of minus them"),
    "percentages": (lambda p: 100.0 * p, "look like percentages: divide them by 100"),
    "inverses": (lambda p: 1.0 / p, "look like inverse propensities (1 / p): give 1 divided by them"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("policies", [few, contextual])
@pytest.mark.parametrize("columns", [("propensity",), ("target_propensity",), ("propensity", "target_propensity")])
def test_the_form_of_one_column_or_both(tmp_path, form, policies, columns):
    change, words = FORMS[form]
    behaviour, target = policies(np.random.default_rng(0), 2_000)
    frame = pd.DataFrame({"reward": 1.0, "propensity": behaviour, "target_propensity": target})
    for column in columns:
        frame[column] = change(frame[column])
    frame.to_csv(tmp_path / "log.csv", index=False)
    with pytest.raises(InputError) as caught:
        read_log(tmp_path / "log.csv")
    if form == "percentages" and policies is contextual and len(columns) == 2:
        # Nothing tells them from densities of a narrow range.
        words = "Percent must be divided by 100"
    assert words in str(caught.value) and f"column '{columns[-1]}'" in str(caught.value)


def test_densities_of_prices_are_no_percentages(tmp_path):
    rng = np.random.default_rng(0)
    prices = rng.normal(1.0, 0.1, 2_000)
    density = [np.exp(-(((prices - mean) / 0.1) ** 2) / 2) / (0.1 * np.sqrt(2 * np.pi)) for mean in (1.0, 1.05)]
    pd.DataFrame({"reward": 1.0, "propensity": density[0], "target_propensity": density[1]}).to_csv(
        tmp_path / "log.csv", index=False
    )
    with pytest.raises(InputError, match=r"look like densities .* `ope.density.density_log`"):
        read_log(tmp_path / "log.csv")


@pytest.mark.parametrize(
    ("bad", "words"),
    [(-0.1, "A score or a difference"), (0.0, "probability of the \\*logged\\* action"), (1.1, "Percent must be")],
)
def test_a_single_bad_row_is_named_without_a_guess_at_all(tmp_path, bad, words):
    behaviour, target = few(np.random.default_rng(0), 200)
    behaviour[7] = bad
    frame = pd.DataFrame({"reward": 1.0, "propensity": behaviour, "target_propensity": target})
    frame.to_csv(tmp_path / "log.csv", index=False)
    with pytest.raises(InputError, match=f"a value is outside .* in line 9 .*{words}"):
        read_log(tmp_path / "log.csv")
