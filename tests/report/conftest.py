"""A small handmade run, and the page of a committed one."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from rlbench_rec.report import run_report
from rlbench_rec.results.leaderboard import leaderboard
from rlbench_rec.results.schema import LEADERBOARD, RUNS
from rlbench_rec.results.write import write_table

QUICK = Path(__file__).resolve().parents[2] / "results" / "quick"
EVIL = "<script>alert(1)</script>"
QUOTED = '"onload="alert(2)" x=\'y\''
COMMON = {"schema_version": 5, "suite": "hand", "dataset_sha256": "00", "card_sha256": "01", "split_hash": "11"}
RESULT = {"metric": "reward", "higher_is_better": True, "estimator": "snips", "q": "", "base": "", "log": 0}


def row(algorithm: str, value: float | None, verdict: str = "trusted", **cells: object) -> dict[str, object]:
    """A row of runs.csv; its interval is value -+ 0.1, and a failed run has none."""
    named = {"run_id": f"shop.{algorithm}.seed0", "dataset": "shop", "task": "", "algorithm": algorithm}
    policy = {"variant": "mlp/greedy", "config_hash": "22", "seed": 0, "replicate": 0, "policy": "greedy"}
    size = {"steps_used": None, "overestimation": None, "n_episodes": 400, "ess": 200.0}
    ends = (None, None, None) if value is None else (value - 0.1, value + 0.1, value + 0.05)
    truth = {"value": value} | dict(zip(("ci_low", "ci_high", "true_value"), ends, strict=True))
    stamp = {"verdict": verdict, "identification": "identified", "status": "ok"}
    return COMMON | RESULT | named | policy | size | truth | stamp | cells


def write_run(folder: Path, rows: list[dict[str, object]], manifest: dict[str, object]) -> Path:
    """A folder with runs.csv, its leaderboard, and a manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    runs = pd.DataFrame(rows, columns=list(RUNS))
    write_table(runs, RUNS, folder / "runs.csv")
    write_table(leaderboard(runs), LEADERBOARD, folder / "leaderboard.csv")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture(scope="session")
def evil_run(tmp_path_factory) -> Path:
    """A run whose every text asks for trouble, and whose manifest names folders of a person."""
    rows = [
        row("behaviour", 1.0, variant="logged", estimator="on-policy"),
        row(EVIL, 2.0, task="", dataset=QUOTED),
        row("dqn", 1.5, variant=f"mlp/{QUOTED}/greedy", dataset=EVIL),
        row("cql", 1.2, verdict="weak", dataset="shop"),
        row("random", 0.3, verdict="unreliable", dataset="shop", variant="fixed", ess=2.0),
        row("bcq", None, dataset="shop", status=f"failed: {EVIL}"),
    ]
    config = {"name": EVIL, "description": QUOTED, "sources": [{"dataset": "/home/anna/cards/my-shop.toml"}]}
    command = ["rlbench", "run", "--dataset", "/home/anna/cards/my-shop.toml", "--data=~/secret/log.csv"]
    manifest = {"config": config, "command_line": command, "complete": False, "code": {"commit": EVIL}}
    return write_run(tmp_path_factory.mktemp("evil") / "anna-run", rows, manifest)


@pytest.fixture(scope="session")
def evil_page(evil_run) -> str:
    return run_report(evil_run)


@pytest.fixture(scope="session")
def quick_page() -> str:
    return run_report(QUICK, read_logs=False)
