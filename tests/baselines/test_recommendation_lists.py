"""Files of recommendations against a loop over their rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rlbench_rec import policies
from rlbench_rec.policies import on_log
from rlbench_rec.testing.toy_logs import toy_logs

ITEMS = 4
LOG = replace(
    toy_logs()["sessions"],
    session_names=np.array([f"s{n}" for n in range(40)]),
    user_names=np.array(["ann", "bob", "", "zoé"] * 10),
)
POPULAR = policies.make("popularity", LOG).probabilities(LOG.states(slice(0, 1)))[0]


@st.composite
def files(draw) -> pd.DataFrame:
    of = draw(st.sampled_from(["user", "session", "step"]))
    who = ["ann", "zoé", "eve"] if of == "user" else ["s0", "s1", "s39", "s100"]
    places = st.tuples(st.sampled_from(who), st.integers(0, 3), st.integers(0, ITEMS - 1))
    keys = draw(st.lists(places, min_size=1, max_size=20, unique_by=lambda key: key if of == "step" else key[::2]))
    worth = draw(st.sampled_from(["score", "rank", "probability"]))
    said = draw(st.lists(st.sampled_from([0.0, 0.1, 0.25]), min_size=len(keys), max_size=len(keys)))
    frame = pd.DataFrame(keys, columns=["user" if of == "user" else "session", "step", "item"])
    frame["item"], frame[worth] = [f"item-{item}" for item in frame["item"]], said
    return frame if of == "step" else frame.drop(columns="step")


def in_a_loop(frame: pd.DataFrame, row: int) -> np.ndarray:
    """What `from_file` says, for one decision and in words: no temperature can be fitted on so few rows."""
    episode, step = divmod(row, 3)
    of = "user" if "user" in frame else "session"
    here = frame[frame[of] == (LOG.user_names if of == "user" else LOG.session_names)[episode]]
    if "step" in frame:
        here = here[here["step"] == step]
    if here.empty:
        return POPULAR
    shares = np.zeros(ITEMS)
    places = [LOG.action_names.index(item) for item in here["item"]]
    if "probability" in here:
        shares[places] = here["probability"]
        others = [a for a in range(ITEMS) if a not in places]
        others = others or list(range(ITEMS))
        shares[others] += (1 - shares.sum()) / len(others)
        return shares
    better = here["score"].tolist() if "score" in here else (-here["rank"]).tolist()
    ranks = [np.mean([k + 1 for k, v in enumerate(sorted(better, reverse=True)) if v == one]) for one in better]
    shares[places] = [1 / rank for rank in ranks]
    return shares / shares.sum()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files())
def test_as_a_loop_over_the_rows(tmp_path, frame):
    path = tmp_path / "recs.parquet"
    frame.to_parquet(path)
    got = on_log(policies.from_file(path, LOG), LOG)
    for row in (0, 1, 2, 3, 5, 6, 9, 117, 119):
        np.testing.assert_allclose(got[row], in_a_loop(frame, row), atol=1e-12, err_msg=f"row {row}")


def test_probabilities_of_everything_that_are_all_nothing(tmp_path):
    """All four items are listed with probability 0: nothing is left to take the rest, so it is spread over all."""
    path = tmp_path / "recs.csv"
    path.write_text("user,item,probability\n" + "".join(f"ann,item-{i},0\n" for i in range(ITEMS)))
    np.testing.assert_allclose(on_log(policies.from_file(path, LOG), LOG)[0], 0.25)


@pytest.mark.parametrize("explore", [0.0, 0.5, 1.0])
def test_rows_always_sum_to_one(tmp_path, explore):
    path = tmp_path / "recs.csv"
    path.write_text("user,item,score\nann,item-0,1e300\nann,item-1,-1e300\nzoé,item-1,0\n")
    rows = on_log(policies.from_file(path, LOG, explore=explore, temperature=1e-9), LOG)
    assert np.isfinite(rows).all() and np.allclose(rows.sum(axis=1), 1.0)
