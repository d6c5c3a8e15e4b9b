"""Published figures, made again in little."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.results.published import against_published, disagreements, load_published
from rlbench_rec.results.schema import AGAINST_PUBLISHED
from studies.published import magic_domains, obp_synthetic, rl_rec, tabular_values
from studies.published.__main__ import FOLDER, beside
from studies.published.protocols import WEEK, prepare


def test_the_textbooks_values_come_out():
    table = beside("tabular")
    assert disagreements(table) == [] and (table["agrees"] == "yes").all()


def test_the_pipelines_errors_come_out_within_their_noise():
    # Four of a hundred runs: the errors' own spread is in what is allowed.
    figures = load_published(FOLDER / "obp-synthetic.csv")
    assert disagreements(against_published(figures, obp_synthetic.ours(4), "obp-synthetic")) == []


def test_magic_is_where_the_paper_has_it():
    figures = load_published(FOLDER / "magic.csv")
    ours = {name: (value, None) for name, value in magic_domains.ours(logs=24).items()}
    assert disagreements(against_published(figures, ours, "magic")) == []


def test_the_model_of_model_fail_reads_the_behaviour_policys_reward():
    world = magic_domains.domains()["model-fail"]
    # It sees one middle state, so it takes .76 for -.76: a squared error of 1.52^2.
    assert world.value(world.behaviour) == pytest.approx(0.76)
    assert magic_domains.errors(world, 2_000, 4)["model"] == pytest.approx(1.52**2, rel=0.1)


def test_a_world_of_the_textbook_is_played_as_it_is_computed():
    walk = tabular_values.random_walk()
    assert walk.transitions.sum(axis=2) == pytest.approx(np.ones((7, 2)))


def visits(visitor, days, items, event="view"):
    stamps = [int(1000 * 86_400 * day) + 1000 * place for day in days for place in range(len(items))]
    return pd.DataFrame(
        {"timestamp": stamps, "visitorid": visitor, "event": event, "itemid": [i for _ in days for i in items]}
    )


def test_the_sqn_protocol_keeps_visitors_items_and_the_last_tenth():
    # Ten visitors of four views; one of two events, and an item of two, fall out; so does what was bought.
    rows = [visits(number, [number], [1, 2, 3, 4]) for number in range(10)]
    rows += [visits(20, [3], [1, 2]), visits(21, [9.5], [1, 2, 99, 3])]
    rows += [visits(0, [0.5], [1], "transaction"), visits(21, [9.6], [2], "addtocart")]
    kept = prepare(pd.concat(rows), "sqn")
    assert set(kept["session"]) == {*range(10), 21} and 99 not in set(kept["item"])
    # Of eleven visitors the quantile .9 of when they were last seen is that of the tenth: one is later.
    assert set(kept.loc[kept["test"], "session"]) == {21}
    assert kept.loc[kept["session"] == 21, "event"].tolist() == ["view", "click", "click", "purchase"]
    assert kept.groupby("session")["event"].first().eq("view").all()


def test_test_sessions_are_moved_by_whole_weeks_to_after_training():
    rows = [visits(number, [number, number + 0.1], [1, 2, 3]) for number in range(9)]
    # The last one begins before most of the others.
    rows.append(visits(9, [1, 50], [1, 2, 3]))
    kept = prepare(pd.concat(rows), "sqn")
    test = kept[kept["test"]]
    assert set(test["session"]) == {9} and test["timestamp"].min() > kept.loc[~kept["test"], "timestamp"].max()
    assert (test["timestamp"].min() - 1000 * 86_400) % (1000 * WEEK) == 0


def test_the_gru4rec_protocol_cuts_at_a_pause_and_tests_on_the_last_week():
    # Two sessions a visitor, half a day apart; the week that ends with day 15 begins with day 8.
    rows = [visits(number, [number, number + 0.5], [1, 2, 3]) for number in range(12)]
    rows.append(visits(30, [2], [1, 2], "addtocart"))
    kept = prepare(pd.concat(rows), "gru4rec", end=15 * 86_400)
    assert kept["session"].nunique() == 24 and set(kept["event"]) == {"view", "click"}
    begin = kept[kept["test"]].groupby("session")["timestamp"].min()
    assert len(begin) == 8 and begin.min() == 1000 * 8 * 86_400


def test_a_log_that_a_protocol_keeps_nothing_of_is_refused():
    with pytest.raises(InputError, match="keeps 0 to train"):
        prepare(visits(1, [1], [1, 2]), "sqn")


@pytest.fixture(scope="module")
def little_log():
    rng = np.random.default_rng(0)
    rows = [visits(number, [number / 4], list(rng.integers(0, 12, 6))) for number in range(80)]
    rows += [visits(number, [number / 4 + 0.01], [int(rng.integers(0, 12))], "addtocart") for number in range(80)]
    return pd.concat(rows)


def test_a_model_has_one_figure_whatever_forms_it_has():
    same = {"target": "next", "vocabulary": "all", "list": "full", "steps": "click", "metric": "HR@5"}
    cells = [("gru/gru4rec/greedy", 0, 0.2), ("gru/gru4rec/greedy", 1, 0.4), ("gru/gru4rec/best/greedy", 0, 0.9)]
    cells += [("gru/gru4rec/stochastic", 0, 0.9), ("vsknn", 0, 0.3)]
    rows = [same | dict(zip(("variant", "seed", "value"), cell, strict=True)) for cell in cells]
    rows += [rows[-1] | {"steps": "all"}, rows[-1] | {"metric": "HR@10"}, rows[-1] | {"list": "unseen"}]
    assert rl_rec.ours(pd.DataFrame(rows), "sqn") == {
        "sqn/click/gru4rec/HR@5": (pytest.approx(0.3), None),
        "sqn/click/vsknn/HR@5": (0.3, None),
    }


def test_the_suite_runs_on_a_prepared_log_and_stands_beside_what_is_published(
    little_log, tmp_path, in_this_process, without_pictures
):
    pytest.importorskip("torch")
    suite = rl_rec.load_suite("rl-rec")
    neighbours = [spec for spec in suite.algorithms if spec.id in ("vsknn", "popular-greedy")]
    path = rl_rec.run(little_log, "sqn", tmp_path, algorithms=neighbours, n_resamples=100, steps=20)
    table = pd.read_csv(path).set_index("name")
    assert set(table.reset_index().columns) == {"schema_version", *AGAINST_PUBLISHED}
    made = table.loc[["sqn/click/vsknn/HR@5", "sqn/purchase/sknn/NDCG@5"], "ours"]
    assert made.between(0.05, 1.0).all() and table["agrees"].isna().all()
    assert table.loc["sqn/click/gru4rec/HR@5", "published"] == 0.378
    assert pd.isna(table.loc["sqn/click/gru4rec/HR@5", "ours"])


def test_the_split_is_the_protocols(little_log, tmp_path):
    from rlbench_rec.suite.sources import decisions

    rows = prepare(little_log, "sqn")
    data = decisions(rl_rec.write_log(rows, "sqn", tmp_path))
    train, test = data.split()
    assert test.n_episodes == rows.loc[rows["test"], "session"].nunique()
    assert train.n_episodes == rows.loc[~rows["test"], "session"].nunique()
    # All but the first event of a session.
    assert len(data) == len(rows) - rows["session"].nunique() and data.other_action not in set(test.actions.tolist())


@pytest.mark.slow
def test_the_suite_runs_on_the_sample_of_yoochoose(shared_data, tmp_path, in_this_process, without_pictures):
    sample = shared_data / "yoochoose" / "yoochoose-clicks-100k_train_full.txt"
    if not sample.exists():
        pytest.skip("the sample is not here")
    clicks = pd.read_csv(sample, sep="\t").head(4_000)
    events = pd.DataFrame({"timestamp": (1000 * clicks["Time"]).astype("int64"), "visitorid": clicks["SessionId"]})
    events = events.assign(event="view", itemid=clicks["ItemId"])
    chosen = [spec for spec in rl_rec.load_suite("rl-rec").algorithms if spec.id in ("vsknn", "gru4rec")]
    path = rl_rec.run(events, "sqn", tmp_path, algorithms=chosen, steps=20, n_resamples=100)
    ours = pd.read_csv(path).set_index("name")["ours"]
    made = ours[[f"sqn/click/{model}/HR@5" for model in ("sknn", "vsknn", "gru4rec")]]
    assert made.notna().all() and ours["sqn/click/vsknn/HR@5"] > 0.1
