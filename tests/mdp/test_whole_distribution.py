"""Logs that carry the behaviour policy's probabilities of all items: from raw files to a dataset."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from rlbench_rec import events, mdp
from rlbench_rec.errors import InputError

ROWS = 60
CARD = """
id = "shown"
title = "Shown"
licence = "CC0"
citation = "none"
dialect = "DIALECT"
time_unit = "s"
session = "row"
items = 3
action_source = "exposure"
propensity = "logged"
reward_weights = { click = 1.0 }
columns = { timestamp = "time", item = "item", event = "event", probabilities = "all" }
events = { seen = "impression", click = "click" }
[[files]]
pattern = "log.*"
"""
RNG = np.random.default_rng(0)
SHARES = RNG.dirichlet(np.ones(3), size=ROWS)
ITEMS = RNG.integers(3, size=ROWS)


def frame(shares=SHARES, **columns) -> pd.DataFrame:
    times = 1_700_000_000 + np.arange(ROWS)
    made = {"time": times, "item": ITEMS, "event": ["click", "seen"] * (ROWS // 2), "all": list(shares)}
    return pd.DataFrame(made | columns)


def log(tmp_path, dialect="parquet", table=None, card=CARD):
    (tmp_path / "shown.toml").write_text(card.replace("DIALECT", dialect))
    table = frame() if table is None else table
    texts = table.assign(all=[row if isinstance(row, str) else json.dumps(list(row)) for row in table["all"]])
    if dialect == "parquet":
        table.to_parquet(tmp_path / "log.parquet")
    elif dialect == "delimited":
        texts.to_csv(tmp_path / "log.csv", index=False)
    else:
        lines = [json.dumps(row | {"all": json.loads(row["all"])}) for row in texts.to_dict("records")]
        (tmp_path / "log.jsonl").write_text("\n".join(lines) + "\n")
    return events.load(str(tmp_path / "shown.toml"), tmp_path)


@pytest.mark.parametrize("dialect", ["parquet", "delimited", "jsonl"])
def test_the_list_becomes_the_distribution_and_its_item_the_propensity(tmp_path, dialect):
    data = mdp.build(log(tmp_path, dialect), mdp.MDPConfig(gamma=0.0))
    np.testing.assert_array_equal(data.actions, ITEMS)
    np.testing.assert_array_equal(data.behaviour_probabilities, SHARES.astype(np.float32))
    np.testing.assert_allclose(data.propensities, SHARES[np.arange(ROWS), ITEMS], rtol=1e-12)
    assert data.provenance.identification == "identified"
    _, test = data.split()
    np.testing.assert_array_equal(test.behaviour_probabilities, SHARES[-len(test) :].astype(np.float32))


def test_a_column_of_propensities_must_agree(tmp_path):
    both = CARD.replace('probabilities = "all"', 'probabilities = "all", propensity = "p"')
    of_shown = SHARES[np.arange(ROWS), ITEMS]
    data = mdp.build(log(tmp_path, table=frame(p=np.round(of_shown, 5)), card=both))
    np.testing.assert_array_equal(data.propensities, np.round(of_shown, 5))
    with pytest.raises(InputError, match=r"behaviour_probabilities: \d+ values are not the propensity at the logged"):
        mdp.build(log(tmp_path, table=frame(p=of_shown[::-1]), card=both))


def test_rows_that_do_not_sum_to_1_are_refused(tmp_path):
    shares = SHARES.copy()
    shares[7] *= 0.9
    with pytest.raises(InputError, match=r"behaviour_probabilities: 1 values are not rows of probabilities.*row 7"):
        mdp.build(log(tmp_path, table=frame(shares)))


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (
            "[0.5, 0.5]",
            r"log\.csv:5: column 'all': This is a list of 2 with 2 numbers; one number is needed",
        ),
        ("[0.5, 0.5", r"log\.csv:5: column 'all': This is no list of numbers"),
        ("", r"log\.csv:5: column 'all': This is no list of numbers"),
        ("[0.5, null, 0.5]", r"log\.csv:5: column 'all': This is a list of 3 with 2 numbers"),
        ("[0, 0, 0]", r"log\.csv:5: column 'all': The propensity is 0\.0; it must lie in \(0, 1\]"),
        ("[2, 2, 2]", r"log\.csv:5: column 'all': The propensity is 2\.0"),
    ],
)
def test_bad_lists_are_refused_by_their_line(tmp_path, cell, message):
    table = frame()
    table["all"] = [json.dumps(list(row)) for row in SHARES]
    table.loc[3, "all"] = cell
    with pytest.raises(InputError, match=message):
        log(tmp_path, "delimited", table)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("items = 3\n", ""), "columns.probabilities needs items"),
        (('propensity = "logged"', 'propensity = "estimated"'), "columns.probabilities needs propensity = 'logged'"),
        (("[[files]]", '[id_types]\nitem = "string"\n[[files]]'), "whole numbers from 0"),
        ((', probabilities = "all"', ""), "needs columns.propensity or columns.probabilities"),
    ],
)
def test_what_a_card_must_say_beside_it(tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        log(tmp_path, card=CARD.replace(*change))


def test_categories_as_actions_have_no_distribution(tmp_path):
    card = CARD.replace('probabilities = "all"', 'probabilities = "all", category = "kind"')
    data = mdp.build(log(tmp_path, table=frame(kind=ITEMS // 2), card=card), mdp.MDPConfig(actions="categories"))
    assert data.behaviour_probabilities is None


def test_a_context_column_may_have_the_name(tmp_path):
    card = CARD.replace('probabilities = "all"', 'propensity = "p"')
    card = card.replace("[[files]]", 'context = { probabilities = "number" }\n[[files]]')
    table = frame(p=0.5, probabilities=np.arange(ROWS, dtype=float)).assign(all="x")
    data = mdp.build(log(tmp_path, table=table, card=card))
    assert data.behaviour_probabilities is None and "probabilities" in data.observation_names
