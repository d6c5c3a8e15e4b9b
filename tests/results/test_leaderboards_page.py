"""docs/leaderboards.md says of the commerce board what its tables say: counts and averages are taken anew here, by
other code than that which wrote them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.markdown_tables import table_cells

ROOT = Path(__file__).parents[2]
BOARD = ROOT / "results" / "commerce"
PAGE = (ROOT / "docs" / "leaderboards.md").read_text(encoding="utf-8")
SECTION = PAGE[PAGE.index("## Algorithms (`commerce`)") : PAGE.index("## Estimators (`ope`)")]
TEXT = " ".join(SECTION.split())
GREEDY, FRONTIER = "mlp/greedy", "mlp/frontier"
REPLICATES = 10


@pytest.fixture(scope="module")
def runs() -> pd.DataFrame:
    table = pd.read_csv(BOARD / "runs.csv.gz", keep_default_na=False, na_values={"true_value": [""], "value": [""]})
    assert set(table["status"]) == {"ok"}
    return table


@pytest.fixture(scope="module")
def truths(runs: pd.DataFrame) -> pd.DataFrame:
    """Scores by (task, algorithm, variant), a column for each replicate."""
    rows = runs[(runs["estimator"] == "truth") & (runs["metric"] == "normalised")]
    return rows.pivot_table(index=["task", "algorithm", "variant"], columns="replicate", values="value")


@pytest.fixture(scope="module")
def lifts(runs: pd.DataFrame) -> pd.DataFrame:
    return runs[runs["estimator"] == "snips-lift"].astype({"ci_low": float, "ci_high": float})


def _table(text: str) -> list[list[str]]:
    return [row for row in table_cells(text.replace("\\", "")) if "shuffled rewards" not in row[0]]


@pytest.mark.parametrize(("title", "options"), [("### Over all tasks", []), ("### In each task", ["--by-place"])])
def test_the_tables_are_those_of_the_command(rlbench, title, options):
    code, out, _ = rlbench("table", BOARD, "--over-tasks", *options, "--format", "markdown")
    after = SECTION[SECTION.index(title) + len(title) :]
    shown = _table(re.split(r"\n#+ |\n1\. ", after)[0])
    printed = _table(out.replace("-v1", ""))
    assert code == 0 and len(printed) > 20 and shown == printed


def test_the_tables_of_the_other_learners_are_those_of_the_command(rlbench):
    section = PAGE[PAGE.index("## The learners that the board leaves out") : PAGE.index("## Estimators (`ope`)")]
    blocks = [_table(block) for block in section.split("\n\n") if block.startswith("| policy")]
    for shown, options in zip(blocks, ([], ["--by-place"]), strict=True):
        asked = ("--over-tasks", *options, "--only", "variant=mlp/greedy", "--format", "markdown")
        code, out, _ = rlbench("table", ROOT / "results" / "commerce-others", *asked)
        assert code == 0 and shown == _table(out.replace("-v1", ""))


def test_the_other_learners_beside_cql_on_the_same_logs():
    others, board = (_shops(name) for name in ("commerce-others", "commerce"))
    assert (others["sha"].dropna() == board["sha"].reindex(others.index).dropna()).all()
    bcq, cql = others["bcq"], board["cql"].reindex(others.index)
    assert len(bcq) == 15 and round(bcq.min()) == 22 and (cql > bcq).sum() == 9
    ahead, half = (cql - bcq).mean(), stats.t.ppf(0.975, 14) * (cql - bcq).sem()
    assert [round(at) for at in (ahead, ahead - half, ahead + half)] == [4, -1, 10]
    assert round(stats.trim_mean(cql, 0.25)) == 66 and (others[["awr", "iql"]] > 0).all(axis=None)


def _shops(suite: str) -> pd.DataFrame:
    """Scores of greedy policies by task and shop, and the hash of its log."""
    runs = pd.read_csv(ROOT / "results" / suite / "runs.csv.gz", keep_default_na=False, low_memory=False)
    runs = runs[(runs["estimator"] == "truth") & (runs["variant"] == GREEDY)]
    scores = runs[runs["metric"] == "normalised"].astype({"value": float})
    table = scores.pivot_table(index=["task", "replicate"], columns="algorithm", values="value")
    mode = runs[(runs["metric"] == "reward") & (runs["algorithm"] == "mode")]
    return table.assign(sha=mode.set_index(["task", "replicate"])["dataset_sha256"])


def _of(truths: pd.DataFrame, algorithm: str, variant: str) -> np.ndarray:
    """(tasks, replicates) scores of a policy of one name in all tasks."""
    return truths.xs((algorithm, variant), level=("algorithm", "variant")).sort_index().to_numpy(float)


@pytest.mark.parametrize(("algorithm", "name", "useful"), [("cql", "CQL", 8), ("dqn", "DQN", 3)])
def test_useful_tasks_are_counted_anew(truths, algorithm, name, useful):
    ours = _of(truths, algorithm, GREEDY)
    floor = [("constant", "fixed"), ("popular-greedy", "fixed"), ("mode", GREEDY), ("myopic", GREEDY)]
    others = [_of(truths, *each) for each in (*floor, ("myopic", FRONTIER), ("behaviour", "logged"))]
    # As good as the opponent that is closest: the largest p of six (an intersection-union test).
    p = [stats.ttest_rel(ours, other, axis=1, alternative="greater").pvalue for other in others]
    assert ours.shape == (11, REPLICATES) and (np.max(p, axis=0) < 0.05).sum() == useful
    assert f"{name}, greedy | {useful} of 11" in TEXT


def test_the_average_of_greedy_cql_and_what_it_is_without_a_task(truths):
    scores = _of(truths, "cql", GREEDY)
    # The middle half of 110 scores: 27 whole ones and half a one are cut off at either end.
    inner = np.sort(scores, axis=None)[27:-27]
    edges = np.r_[0.5, np.ones(len(inner) - 2), 0.5]
    assert f"(IQM {np.average(inner, weights=edges):.0f} [56, 63])" in TEXT
    without = [stats.trim_mean(np.delete(scores, task, axis=0), 0.25, axis=None) for task in range(11)]
    assert f"Leaving out any one task its IQM stays between {min(without):.0f} and {max(without):.0f}" in TEXT
    assert (scores < 0).sum() == 1 and "of 110 shops one is worse off with it, by 3 points in `offers`" in TEXT
    assert scores.min() == pytest.approx(-3.0, abs=0.5) and (_of(truths, "dqn", GREEDY) < 0).sum() == 47


def test_what_frontiers_chose_is_counted_anew(lifts):
    chosen = pd.read_csv(BOARD / "frontier.csv.gz", usecols=["variant", "chosen", "true_lift"])
    chosen = chosen[chosen["chosen"] & chosen["variant"].str.endswith("/frontier")]
    of_frontiers = lifts[lifts["variant"].str.endswith("/frontier")]
    shown = of_frontiers[(of_frontiers["verdict"] == "trusted") & (of_frontiers["ci_low"] > 0)]
    counts = [len(of_frontiers), len(chosen), (chosen["true_lift"] > 0).sum(), len(shown)]
    assert counts == [880, 651, 647, 523] and (shown["true_value"] > 0).all()
    for words in ("of the 880 frontiers", "651 chose a step, and 647 of these", "of the 523 whose lift"):
        assert words in TEXT


def test_intervals_of_lifts_that_were_not_played_longer(lifts):
    moved = lifts[(lifts["value"] != 0) | (lifts["true_value"] != 0)]
    moved = moved.assign(holds=_within(moved.rename(columns={"ci_low": "low", "ci_high": "high"}), moved["true_value"]))
    kinds = moved["variant"].str.extract(r"(?P<frontier>/frontier$)|(?P<control>/(?:shuffled|negated)$)").notna()
    words = []
    for verdict in ("weak", "unreliable"):
        of = moved["verdict"] == verdict
        tilts = of & ~kinds.any(axis=1)
        words += [tilts.sum(), (of & kinds["frontier"]).sum(), (of & kinds["control"]).sum()]
        words += [f"{100 * moved['holds'][of].mean():.0f}"]
    assert words == [113, 78, 32, "92", 57, 0, 0, "89"]
    said = "of `weak` lifts (113 of tilts, 78 of frontiers, 32 of controls) 92 % hold the board's"
    assert f"{said}, of `unreliable` ones (57 tilts) 89 %" in TEXT


def test_intervals_of_trusted_lifts_against_longer_truths(lifts):
    long = pd.read_csv(ROOT / "results/studies/lift_truths.csv.gz")
    of_frontiers = lifts[lifts["variant"].str.endswith("/frontier") & (lifts["verdict"] == "trusted")]
    asked = of_frontiers[of_frontiers["ci_low"] < of_frontiers["ci_high"]].set_index("run_id")
    assert set(asked.index) == set(long["run_id"]) and len(long) == 573
    board, truth = asked.loc[long["run_id"], "true_value"].to_numpy(float), long["truth"].to_numpy()
    holds = long[["task"]].assign(board=_within(long, board), long=_within(long, truth))
    shares = 100 * holds[["board", "long"]].mean()
    assert f"{shares['board']:.1f} % of the intervals hold the board's true lift" in TEXT
    assert f"{shares['long']:.1f} % hold" in TEXT and (truth[long["low"] > 0] > 0).sum() == 523
    by_task = holds.groupby("task")["long"].agg(["mean", "size"])
    least = by_task[by_task["mean"] < 0.95]
    assert list(least.index) == ["media-v1", "pricing-v1", "recommend-v1", "sequence-v1"]
    assert all(words in TEXT for words in _shares(least))
    assert by_task["mean"].drop(least.index).min() >= 0.955 and "96 % or more elsewhere" in TEXT
    shares = long["truth_error"] / ((long["high"] - long["low"]) / 3.92)
    assert shares.max() < 0.315 and (shares > 0.25 * 1.0001).sum() == 9


def _shares(found: pd.DataFrame) -> list[str]:
    """Mean and size in words."""
    return [f"{100 * share:.0f} % of {size:.0f}" for share, size in found.to_numpy(float)]


def _within(rows: pd.DataFrame, values: np.ndarray) -> np.ndarray:
    return ((rows["low"] <= values) & (values <= rows["high"])).to_numpy()


def test_what_a_score_varies_by_is_in_the_nested_board():
    """The components anew, by the method of moments on three shops x three logs x three trainings."""
    names = {"CQL": "cql", "DQN": "dqn", "Double DQN": "double-dqn", "Behaviour cloning": "bc"}
    nested, board = _scores("commerce-nested"), _scores("commerce")
    after = SECTION[SECTION.index("| from shop to shop |") :]
    table = _table(after[: after.index("## ")])
    table = [line for line in table if line[1] in ("inventory", "pricing", "recommend")]
    assert len(table) == 18
    for policy, task, *shown in table:
        algorithm, form = policy.split(", ")
        key = (f"{task}-v1", names[algorithm], f"mlp/{form}")
        values = nested.loc[key].to_numpy().reshape(3, 3, 3)
        seed = values.var(axis=2, ddof=1).mean()
        log = values.mean(axis=2).var(axis=1, ddof=1).mean()
        shop = values.mean(axis=(1, 2)).var(ddof=1)
        parts = [max(part, 0) ** 0.5 for part in (shop - log / 3, log - seed / 3, seed)]
        assert [cell.split(" [")[0] for cell in shown] == [f"{part:.0f}" for part in (*parts, board.loc[key].std())], (
            key
        )
        low, high = (18 * seed / stats.chi2.ppf([0.975, 0.025], 18)) ** 0.5
        assert [float(number) for number in re.findall(r"\d+", shown[2])[1:]] == pytest.approx([low, high], abs=0.8)


def _scores(suite: str) -> pd.Series:
    """Normalised true values by task, algorithm and variant, in the order of shops, logs and trainings."""
    runs = pd.read_csv(ROOT / "results" / suite / "runs.csv.gz", keep_default_na=False)
    runs = runs[(runs["estimator"] == "truth") & (runs["metric"] == "normalised")].astype({"value": float})
    ordered = runs.sort_values(["replicate", "log", "seed"])
    return ordered.set_index(["task", "algorithm", "variant"])["value"].sort_index(kind="stable")


def test_estimates_of_greedy_policies_by_verdict(runs):
    rows = runs[(runs["estimator"] == "snips") & (runs["metric"] == "normalised") & (runs["variant"] == GREEDY)]
    verdicts = rows[rows["algorithm"].isin(["dqn", "double-dqn", "cql"])]["verdict"].value_counts()
    trusted, weak, unreliable = (verdicts[name] for name in ("trusted", "weak", "unreliable"))
    assert f"Of the {verdicts.sum()} estimates of greedy DQN, Double DQN and CQL" in TEXT
    assert f"{trusted} `trusted`, all CQL's, {weak} `weak` and {unreliable} `unreliable`" in TEXT


def test_gains_in_per_cent_of_what_the_behaviour_policy_earns(runs):
    rows = runs[(runs["estimator"] == "truth") & (runs["metric"] == "reward")]
    values = rows.pivot_table(index=["algorithm", "variant"], columns=["task", "replicate"], values="value")
    behaviour = values.loc[("behaviour", "logged")]
    for variant, said in ((GREEDY, "8 % (`offers`) to 45 % (`media`)"), (FRONTIER, "2 % (`ads`) to 14 % (`sequence`)")):
        per_cent = 100 * (values.loc[("cql", variant)] / behaviour - 1).groupby("task").mean().drop("recommend-v1")
        low, high = (f"{per_cent[task]:.0f} % (`{task[:-3]}`)" for task in (per_cent.idxmin(), per_cent.idxmax()))
        assert f"{low} to {high}" == said and said in TEXT


def test_which_tasks_and_logs_need_rl():
    tasks = pd.read_csv(BOARD / "needs_rl.csv")
    yes = sorted(set(tasks.loc[tasks["answer"] == "yes", "task"].str.removesuffix("-v1")))
    assert yes == ["cart", "inventory", "media", "offers", "retention", "sequence"]
    assert "**yes** in `cart`, `inventory`, `media`, `offers`, `retention` and `sequence`" in TEXT
    logs = pd.read_csv(BOARD / "needs_rl_logs.csv.gz", usecols=["run_id", "answer"])
    says_yes = (logs["answer"] == "yes").groupby(logs["run_id"]).any()
    assert f"Of the {len(says_yes)} logs asked one by one {says_yes.sum()} say yes" in TEXT


def test_what_frontiers_gain_on_shuffled_rewards(truths):
    for algorithm, own, shuffled in (("cql", 14, 9), ("dqn", 10, 0)):
        scores = [_of(truths, algorithm, variant) for variant in (FRONTIER, f"{FRONTIER}/shuffled")]
        averages = [stats.trim_mean(each, 0.25, axis=None) for each in scores]
        assert [round(each) for each in averages] == [own, shuffled]
    assert "has an IQM of 9 where CQL's own has 14" in TEXT and "0 on shuffled rewards where its own has 10" in TEXT


FRESH = {
    "CQL, greedy": ("cql", GREEDY),
    "CQL, in its chosen form": ("cql", "mlp/chosen"),
    "Double DQN, in its chosen form": ("double-dqn", "mlp/chosen"),
    "DQN, in its chosen form": ("dqn", "mlp/chosen"),
    "Double DQN, greedy": ("double-dqn", GREEDY),
    "DQN, greedy": ("dqn", GREEDY),
    "Mode of the log, greedy": ("mode", GREEDY),
    "Behaviour cloning, greedy": ("bc", GREEDY),
    "Myopic, greedy": ("myopic", GREEDY),
    "CQL, frontier": ("cql", FRONTIER),
    "DQN, frontier": ("dqn", FRONTIER),
}


def test_what_fresh_shops_confirm():
    both = [
        pd.read_csv(ROOT / "results" / name / "summary.csv").set_index(["algorithm", "variant"])
        for name in ("commerce", "commerce-fresh")
    ]
    rows = _table(PAGE[PAGE.index("## Five fresh shops") :].split("\n## ")[0])[1:]
    assert [row[0] for row in rows] == list(FRESH)
    for policy, *said, within in rows:
        board, fresh = (table.loc[FRESH[policy]] for table in both)
        assert said == [f"{row.iqm:.0f} [{row.iqm_low:.0f}, {row.iqm_high:.0f}]" for row in (board, fresh)]
        assert (within == "yes") == (board.iqm_low <= fresh.iqm <= board.iqm_high)


def _rows_of(page: str, title: str) -> list[list[str]]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return _table(re.split(r"\n\n(?!\|)", text[text.index(title) :].split("\n\n|", 1)[1].join(["|", ""]))[0])[1:]


RULES = {
    "the largest estimate": "largest-estimate",
    "the largest lower limit": "largest-lower-limit",
    "the largest estimate that is not `unreliable`": "not-unreliable",
    "the largest `trusted` estimate": "trusted",
    "the largest `trusted` lower limit, if above the behaviour policy": "trusted-and-above",
    "the frontier": "frontier",
}


def test_the_table_of_what_is_shipped_is_that_of_selection_csv():
    table = pd.read_csv(BOARD / "selection.csv").query("task == 'all'").set_index(["estimator", "rule"])
    rows = [row for row in _rows_of("findings.md", "## 15. ") if row[1] in RULES]
    assert len(rows) == 11
    for estimator, words, *said, worse in rows:
        row = table.loc[(estimator.strip("`"), RULES[words])]
        numbers = [float(each) for each in re.findall(r"-?\d+", " ".join(said).replace("\N{MINUS SIGN}", "-"))]
        assert numbers == list(row[["regret", "ci_low", "ci_high", "gain"]].astype(float).round())
        assert int(worse.split()[0]) == round(110 * row["worse"])


def test_the_table_of_who_needs_rl_is_that_of_needs_rl_csv():
    table = pd.read_csv(BOARD / "needs_rl.csv").query("closest").set_index("task")
    logs = pd.read_csv(BOARD / "needs_rl_logs.csv.gz", usecols=["task", "run_id", "answer"])
    says_yes = (logs["answer"] == "yes").groupby([logs["task"], logs["run_id"]]).any().groupby("task").sum()
    rows = _rows_of("needs-rl.md", "### What the board answers")
    names = ["gain", "ci_low", "ci_high", "p_adjusted", "detectable"]
    assert len(rows) == 11
    for task, answer, learner, _, *said, count in rows:
        of_task = table.loc[task].set_index("algorithm").loc[learner.split(",")[0].lower()]
        numbers = re.findall(r"-?\d*\.\d+", " ".join(said))
        for number, found in zip(numbers, of_task[names], strict=True):
            assert float(number) == pytest.approx(found, abs=0.5001 * 10.0 ** -len(number.partition(".")[2]))
        assert answer == of_task["answer"] and int(count) == says_yes[task]
