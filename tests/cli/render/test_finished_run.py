"""What a person sees at the end of a run: readable on 80 columns, whole in a pipe."""

import io
import json

import pytest
import rich.console

from rlbench_rec.cli.render.finished_run import show
from rlbench_rec.results.leaderboard import leaderboard
from rlbench_rec.results.schema import LEADERBOARD, RUNS
from rlbench_rec.results.write import write_table
from rlbench_rec.suite import load_suite
from rlbench_rec.suite.finished_run import FinishedRun
from rlbench_rec.suite.plan import JobResult

LONG = "a-data-set-with-quite-a-long-name/and-a-variant"


def _run(algorithm, variant, value, estimator="snips", **cells):
    defaults = dict.fromkeys(RUNS, "") | {"schema_version": 5, "seed": 0, "metric": "reward", "higher_is_better": True}
    interval = {"value": value, "ci_low": value - 0.123456, "ci_high": value + 0.123456}
    names = {"dataset": LONG, "algorithm": algorithm, "variant": variant, "estimator": estimator}
    labels = {"verdict": "trusted", "identification": "identified", "status": "ok"}
    return defaults | names | interval | labels | cells


@pytest.fixture
def finished(tmp_path):
    """A run with ranked, best-checkpoint and unreliable rows, and one failure."""
    import pandas as pd

    rows = [
        _run("behaviour", "logged", 1.0, "on-policy"),
        _run("double-dqn", "transformer/gamma-0/softmax-0.002", 2.0, identification="estimated", verdict="weak"),
        _run("double-dqn", "transformer/gamma-0/best/softmax-0.002", 2.5),
        _run("bc", "mlp/stochastic", 1.1),
        _run("cql", "mlp/greedy", 9.0, verdict="unreliable"),
        _run("dqn", "mlp/greedy", 8.0, status="diverging"),
    ]
    board = leaderboard(pd.DataFrame(rows, columns=list(RUNS)))
    write_table(board, LEADERBOARD, tmp_path / "leaderboard.csv")
    failed = JobResult("shop.dqn.mlp.seed0", [{"status": "failed: out of [memory]"}])
    return FinishedRun(load_suite("quick"), tmp_path, [failed], 12.4)


def test_a_pipe_gets_every_character(finished, capsys):
    show(finished)
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert lines[:2] == [f"{LONG}: reward (snips)", "Behaviour policy: 1.00 [0.88, 1.12]"]
    assert lines[2].split() == ["rank", "tie", "algorithm", "variant", "value", "interval", "verdict"]
    rows = [line.split() for line in lines[4:6]]
    variant = "transformer/gamma-0/softmax-0.002"
    assert rows[0] == ["1", "a", "double-dqn", variant, "2.00", "[1.88,", "2.12]", "weak,", "estimated"]
    assert rows[1] == ["2", "b", "bc", "mlp/stochastic", "1.10", "[0.98,", "1.22]", "trusted"]
    assert "Unranked, the log does not support them: 1 unreliable (cql)." in shown.out
    assert "Unranked, their Q is far above what the log earned: 1 diverging (dqn)." in shown.out
    assert "leaderboard.csv has all 6 rows: 4 trusted, 1 weak, 1 unreliable." in shown.out
    assert "best" not in shown.out
    assert f"{LONG}  keep  no policy is clearly ahead of it" in shown.out
    assert f"Files: {finished.folder} (pictures: plots/), 12 s" in lines
    assert shown.err == "shop.dqn.mlp.seed0: failed: out of [memory]\n"


@pytest.mark.parametrize("width", [80, 100])
def test_a_terminal_gets_lines_that_fit(finished, monkeypatch, width):
    screen = io.StringIO()
    real = rich.console.Console

    def terminal(**settings):
        return real(file=screen, width=width, force_terminal=True, color_system=None, **settings)

    monkeypatch.setattr("rlbench_rec.cli.render.finished_run.stdout_console", terminal)
    show(FinishedRun(load_suite("quick"), finished.folder, [], 1.0))
    lines = screen.getvalue().splitlines()
    # A path stays in one piece, to be pasted.
    table = [line for line in lines if str(finished.folder) not in line]
    assert max(map(len, table)) <= width
    # Whatever folds, numbers and verdicts stay whole.
    assert "[1.88, 2.12]" in screen.getvalue()
    assert "weak, estimated" in screen.getvalue()


def test_json_is_the_whole_board(finished, capsys):
    show(finished, as_json=True)
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 6
    assert list(rows[0]) == list(LEADERBOARD)


def test_imitation_is_called_so(tmp_path, capsys):
    import pandas as pd

    choices = {"metric": "NDCG@10", "identification": "imitation", "verdict": "weak"}
    runs = pd.DataFrame([_run("bc", "mlp/greedy", 0.2, "ranking", **choices)], columns=list(RUNS))
    write_table(leaderboard(runs), LEADERBOARD, tmp_path / "leaderboard.csv")
    show(FinishedRun(load_suite("quick"), tmp_path, [], 1.0))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(": NDCG@10 (ranking, imitation)")
    assert lines[1] == "Imitation: how well users' own choices are predicted, not what a policy would earn."
    # It is so of every row: beside each verdict it would leave no room for the variant.
    assert lines[4].rstrip().endswith("]  weak")
