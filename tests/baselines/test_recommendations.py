"""A file of recommendations as a policy: whom it is for, what it makes of scores, and what it refuses."""

from __future__ import annotations

import gzip
import re
import warnings
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import rlbench_rec as rb
from rlbench_rec import policies
from rlbench_rec.baselines.recommendation_file import read_recommendations
from rlbench_rec.errors import DataWarning, InapplicableError, InputError, MissingFileError
from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.policies import on_log
from rlbench_rec.testing.policies import check_policy
from rlbench_rec.testing.toy_logs import toy_logs


@pytest.fixture
def log() -> TransitionDataset:
    """Forty sessions s0 to s39 of three decisions among item-0 to item-3, of the users ann and bob in turn."""
    toy = toy_logs()["sessions"]
    users = np.array(["ann", "bob"] * 20)
    return replace(toy, session_names=np.array([f"s{n}" for n in range(40)]), user_names=users)


@pytest.fixture
def file(tmp_path):
    """Writes a CSV file, or a Parquet one, and gives its path."""

    def write(content: str | pd.DataFrame, name: str = "recs.csv") -> str:
        path = tmp_path / name
        if isinstance(content, pd.DataFrame):
            content.to_parquet(path)
        else:
            path.write_text(content)
        return str(path)

    return write


def table(path: str, log: TransitionDataset, **parameters) -> np.ndarray:
    return on_log(policies.from_file(path, log, **parameters), log)


def test_probabilities_are_taken_as_they_are_and_the_rest_is_spread(file, log):
    path = file("user,item,probability\nann,item-1,0.5\nann,item-2,0.3\n")
    rows = table(path, log)
    ann = np.repeat(log.user_names == "ann", 3)
    np.testing.assert_allclose(rows[ann], [[0.1, 0.5, 0.3, 0.1]] * 60, atol=1e-12)
    np.testing.assert_allclose(rows[~ann], on_log(policies.make("popularity", log), log)[~ann])
    assert policies.from_file(path, log).coverage(log) == 0.5


def test_scores_are_a_softmax_over_their_list(file, log):
    path = file("session,item,score\ns0,item-1,2\ns0,item-3,1\n")
    wanted = np.exp([2 / 0.5, 1 / 0.5]) / np.exp([2 / 0.5, 1 / 0.5]).sum()
    np.testing.assert_allclose(table(path, log, temperature=0.5)[:3], [[0, wanted[0], 0, wanted[1]]] * 3)
    half = table(path, log, temperature=0.5, explore=0.5)[0]
    np.testing.assert_allclose(half, 0.5 * np.array([0, wanted[0], 0, wanted[1]]) + 0.125)


def test_scores_that_cannot_be_calibrated_count_by_their_ranks(file, log):
    """Too few logged decisions are on the list of s0. Ranks 1, and 2 and 3 shared by equal scores: 1, 1/2.5, 1/2.5."""
    path = file("session,item,score\ns0,item-1,900\ns0,item-3,5\ns0,item-0,5\n")
    np.testing.assert_allclose(table(path, log)[0], np.array([0.4, 1, 0, 0.4]) / 1.8)


def test_ranks_from_any_number_on(file, log):
    for first in (0, 1):
        path = file(f"session,item,rank\ns0,item-1,{first}\ns0,item-3,{first + 1}\n")
        np.testing.assert_allclose(table(path, log)[0], [0, 2 / 3, 0, 1 / 3])


def test_the_temperature_is_the_one_that_made_the_log(file, log):
    rng = np.random.default_rng(0)
    rows = 6_000
    scores = rng.normal(size=(rows, 4))
    chances = np.exp(scores / 0.4) / np.exp(scores / 0.4).sum(axis=1, keepdims=True)
    actions = policies.sample(chances, rng)
    made = TransitionDataset(
        observations=np.zeros((rows, 1), np.float32),
        actions=actions,
        rewards=np.zeros(rows, np.float32),
        episode_starts=np.arange(rows),
        action_count=4,
        action_names=("a", "b", "c", "d"),
        session_names=np.arange(rows).astype(np.str_),
    )
    frame = pd.DataFrame({"session_id": np.repeat(np.arange(rows), 4), "item_id": list("abcd") * rows})
    policy = policies.from_file(file(frame.assign(score=scores.ravel()), "r.parquet"), made)
    assert abs(policy.temperature - 0.4) < 0.02
    np.testing.assert_allclose(on_log(policy, made), chances, atol=0.05)


def test_a_list_for_each_step(file, log):
    path = file("session,step,item,probability\ns1,0,item-0,1\ns1,2,item-3,1\n")
    rows = table(path, log)
    assert rows[3].tolist() == [1, 0, 0, 0] and rows[5].tolist() == [0, 0, 0, 1]
    np.testing.assert_allclose(rows[4], rows[0], err_msg="step 1 has no list: popularity")
    assert policies.from_file(path, log).coverage(log) == 2 / 120


def test_what_stands_for_other_items_is_never_shown(file, log):
    log = replace(log, other_item=4, other_action=3, action_names=("item-0", "item-1", "item-2", "<other>"))
    rows = table(file("user,item,probability\nann,item-1,0.5\n"), log)
    np.testing.assert_allclose(rows[0], [0.25, 0.5, 0.25, 0])
    with pytest.raises(InputError, match="None of its 1 items"):
        table(file("user,item,probability\nann,<other>,0.5\n"), log)


def test_forbidden_actions_are_left_out(file, log):
    forbidden = np.zeros((120, 4), dtype=bool)
    forbidden[np.arange(120), (log.actions + 1) % 4] = True
    log = replace(log, forbidden=forbidden, propensities=None)
    rows = table(file("user,item,score\nann,item-1,1\nbob,item-2,1\n"), log)
    assert (rows[forbidden] == 0).all() and np.allclose(rows.sum(axis=1), 1)


@pytest.mark.parametrize(
    "columns",
    [
        ("user_id", "item_id", "score", "rank"),
        ("user", "item", "score", "rank"),
        ("user_id:token", "item_id:token", "rating:float", "timestamp:float"),
        ("userId", "itemId", "prediction", "note"),
    ],
    ids=["RecTools and LensKit", "LensKit before 2025", "RecBole", "Spark"],
)
def test_columns_are_known_as_other_libraries_name_them(file, log, columns):
    rows = "\n".join(f"{user},item-{place},{-place},{place}" for user in ("ann", "bob") for place in range(2))
    read = read_recommendations(file(f"{','.join(columns)}\n{rows}\n"))
    assert (read.of, read.kind) == ("user", "score") and read.worth.tolist() == [0, -1, 0, -1]


def test_ids_are_text_or_numbers(file):
    plain = {"item": ["7", "8"], "score": [2.0, 1.0]}
    for users in ([3, 3], [3.0, 3.0], ["3", "3"], pd.Categorical(["3", "3"])):
        read = read_recommendations(file(pd.DataFrame({"user": users} | plain), "r.parquet"))
        assert (read.names.tolist(), read.who.tolist()) == (["3"], [0, 0]), users
    read = read_recommendations(file("user,item,score\n007,  x ,1\n"))
    assert (read.names.tolist(), read.item_names.tolist()) == (["007"], ["x"]), "ids are not read as numbers"


def test_other_ways_to_write_csv(file, tmp_path):
    lines = "user;item;score\nann;a, b;1\nann;c;.5\n"
    for content in (lines.encode("utf-8-sig"), gzip.compress(lines.encode()), lines.replace("\n", "\r\n").encode()):
        (tmp_path / "recs").write_bytes(content)
        read = read_recommendations(tmp_path / "recs")
        assert read.item_names[read.items].tolist() == ["a, b", "c"] and read.worth.tolist() == [1, 0.5]


def test_a_name_is_a_name(file, log, tmp_path):
    """Neither a pattern, nor a partition, nor SQL."""
    for name in ("item=5[*]?.parquet", "a'; DROP TABLE x; --.parquet", "~.csv"):
        frame = pd.DataFrame({"user": ["ann"], "item": ["item-1"], "score": [1.0]})
        path = file(frame if name.endswith("parquet") else frame.to_csv(index=False), name)
        assert policies.from_file(path, log).name == f"file:{name}"


ANN = "user,item,score\nann,item-1,"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "cannot be read"),
        ("user,item,score\n", "has no rows"),
        ("user,score\nann,1\n", "The columns are user, score. Name the columns user_id or session_id"),
        ("user,item\nann,1\n", "The columns are user, item"),
        ("item,score\n1,1\n", "The columns are item, score"),
        ("user,session,item,score\nann,s0,1,1\n", "a user (user) and a session (session). Keep one"),
        ("user,item,score,probability\nann,1,1,1\n", "a score (score) and a probability (probability). Keep one"),
        ("user,step,item,score\nann,0,1,1\n", "A step (step) is one of a session"),
        ("session,step,item,score\ns0,0.5,1,1\n", "Row 1 has the step 0.5"),
        ("session,step,item,score\ns0,-1,1,1\n", "Row 1 has the step -1"),
        (f"{ANN}\n", "Row 1 has the score ''"),
        (f"{ANN}nan\n", "Row 1 has the score 'nan'"),
        (f"{ANN}inf\n", "Row 1 has the score 'inf'"),
        (f"{ANN}1_0\n", "Row 1 has the score '1_0'"),
        ("user,item,score\n,item-1,1\n", "Row 1 has no user"),
        ("user,item,score\nann,,1\n", "Row 1 has no item"),
        (f"{ANN}1\nbob,item-1,1\nann,item-1,2\n", "Item item-1 stands twice for user ann (1 such rows)"),
        ("session,step,item,rank\ns0,1,x,1\ns0,1,x,2\n", "Item x stands twice for session s0 at step 1"),
        ("user,item,probability\nann,a,-0.1\n", "A probability of user ann is -0.1. If these are scores"),
        ("user,item,probability\nann,a,0.7\nann,b,0.4\n", "The probabilities of user ann sum to 1.1, above 1"),
        ("user,item,score\nann,item-1\n", "cannot be read"),
        ("user,user,item,score\nann,bob,item-1,1\n", "Column user is there twice"),
        ("user:token,user,item,score\nann,bob,item-1,1\n", "two columns of one name (user:token and user)"),
        ("user,item,score\nann,item-1\0,1\n", "Row 1 has a zero byte in the item"),
        (f"{ANN}1\nann,item-9,1\n", ""),
        ("user,item,score\nann,9,1\n", "None of its 1 items (9, …) is an action of the log"),
    ],
)
def test_what_is_refused(file, log, content, message):
    path = file(content)
    if not message:
        with pytest.warns(DataWarning, match=r"recs\.csv: 1 of its 2 items \(item-9, …\) are not actions"):
            assert table(path, log)[0].tolist() == [0, 1, 0, 0]
        return
    with pytest.raises(InputError) as caught:
        policies.from_file(path, log)
    assert message in str(caught.value) and path in str(caught.value)


def test_numbers_of_all_kinds_are_scores(file, log):
    users, items, unlike = ["ann", "ann"], ["item-1", "item-2"], [Decimal("2.5"), Decimal("1")]
    for scores in (
        [2**63 + 4096, 1],
        np.array([2.5, 1.0], np.float16),
        pd.Categorical(["2.5", "1"]),
        unlike,
        [1e308, -1e308],
    ):
        path = file(pd.DataFrame({"user": users, "item": items, "score": scores}), "r.parquet")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert table(path, log)[0] == pytest.approx([0.0, 2 / 3, 1 / 3, 0.0])


def test_files_that_are_none(file, log, tmp_path):
    with pytest.raises(MissingFileError, match="no such file of recommendations"):
        policies.from_file(tmp_path / "none.parquet", log)
    with pytest.raises(MissingFileError):
        policies.from_file(tmp_path, log)
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and nothing")
    with pytest.raises(InputError, match="cannot be read"):
        policies.from_file(tmp_path / "broken.parquet", log)
    for bad, message in (([1.5], "the user 1.5"), ([True], "holds bool"), ([None], "no user")):
        frame = pd.DataFrame({"user": pd.Series(bad, dtype="string" if bad == [None] else None)})
        path = file(frame.assign(item="item-1", score=1.0), "r.parquet")
        with pytest.raises(InputError, match=message):
            policies.from_file(path, log)


def test_logs_that_do_not_say_whose_they_are(file, log):
    path = file("user,item,score\nann,item-1,1\n")
    with pytest.raises(InapplicableError, match=r"not keep the names of its sessions\. Build it with .*keep_names"):
        policies.from_file(path, replace(log, session_names=None, user_names=None))
    with pytest.raises(InputError, match=r"of users, and the log has none\. Name sessions"):
        policies.from_file(path, replace(log, user_names=None))
    with pytest.raises(InapplicableError, match="Its actions have no names"):
        policies.from_file(path, toy_logs()["candidates"])
    with pytest.raises(InapplicableError):
        policies.from_file(path, rb.tasks.make("recommend-v1", seed=0).log(episodes=20))
    policy = policies.from_file(path, log)
    with pytest.raises(InputError, match="does not keep the names"):
        on_log(policy, replace(log, session_names=None, user_names=None))
    with pytest.raises(InputError, match="asked without them"):
        policy.probabilities(log.states())


def test_settings(file, log):
    path = file("user,item,probability\nann,item-1,1\n")
    assert set(policies.parameters(f"file:{path}")) == {"temperature", "explore"}
    for wrong, message in (
        ({"temperature": 0.0}, "temperature"),
        ({"explore": 1.5}, "explore"),
        ({"tau": 1.0}, "Unknown field 'tau'"),
        ({"temperature": 1.0}, "Probabilities are taken as they are"),
    ):
        with pytest.raises(InputError, match=message):
            policies.from_file(path, log, **wrong)


@pytest.mark.parametrize("worth", ["probability", "score", "rank"])
def test_the_contract_of_policies_holds(file, log, worth):
    rng = np.random.default_rng(0)
    said = np.full(120, 0.25) if worth == "probability" else rng.normal(size=120)
    rows = zip(np.repeat(log.session_names, 3), ["item-0", "item-1", "item-2"] * 40, said, strict=True)
    frame = pd.DataFrame(rows, columns=["session", "item", worth])
    check_policy(f"file:{file(frame, 'r.parquet')}", log)


@pytest.mark.parametrize("baseline", ["item-knn", "markov"])
def test_a_baselines_own_recommendations_score_as_it_does(file, log, baseline):
    """What any library would do: its probabilities written to a file, decision by decision."""
    alone = policies.make(baseline, log)
    chances = on_log(alone, log)
    steps = np.tile(np.arange(3), 40)
    frame = pd.DataFrame(
        {
            "session_id": np.repeat(np.repeat(log.session_names, 3), 4),
            "step": np.repeat(steps, 4),
            "item_id": list(log.action_names) * 120,
            "probability": chances.ravel(),
        }
    )
    policy = policies.make(f"file:{file(frame, 'r.parquet')}", log)
    np.testing.assert_allclose(on_log(policy, log), chances, atol=1e-9)
    for mine, its in zip(rb.evaluate(log, policy), rb.evaluate(log, alone), strict=True):
        assert [mine.value, mine.ci_low] == pytest.approx([its.value, its.ci_low]) and mine.verdict == its.verdict
    ranked = [rb.evaluation.imitation_metrics(log, each, k=2) for each in (policy, alone)]
    assert [m.value for m in ranked[0]] == pytest.approx([m.value for m in ranked[1]])


def test_the_page_runs_as_written(tmp_path, monkeypatch, capsys):
    page = (Path(__file__).parents[2] / "docs" / "baselines.md").read_text(encoding="utf-8")
    section = page.split("## Recommendations of your own library")[1].split("\n## ")[0]
    (block,) = re.findall(r"^```python\n(.*?)^```$", section, flags=re.DOTALL | re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "baselines.md", "exec"), {})
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == ["snips", "dr"]
