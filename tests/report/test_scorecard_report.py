"""The page of a scorecard."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rlbench_rec.cli.app import app
from rlbench_rec.ope import scorecard
from rlbench_rec.report import scorecard_report

from .conftest import EVIL, QUOTED


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """Two actions, known propensities, and a segment whose name asks for trouble."""
    random = np.random.default_rng(0)
    likely = random.random(3_000) < 0.7
    table = pd.DataFrame(
        {
            "reward": (random.random(3_000) < np.where(likely, 0.1, 0.3)).astype(int),
            "propensity": np.where(likely, 0.7, 0.3),
            "target_propensity": np.where(likely, 0.4, 0.6),
            "segment": np.where(random.random(3_000) < 0.5, EVIL, QUOTED),
        }
    )
    path = tmp_path_factory.mktemp("anna") / "log.csv"
    table.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def page(log) -> str:
    report = scorecard.score(scorecard.read_log(log, {}, by="segment"), n_resamples=200)
    return scorecard_report(report, ["Log more."], None, f"{log}: 3,000 decisions")


def test_the_page_answers_first_and_shows_what_it_rests_on(page):
    assert "Yes: by snips it beats the behaviour policy" in page
    ids = [part.split('"')[0] for part in page.split('<section id="')[1:]]
    assert ids == ["values", "slices", "weights", "next", "log"]
    assert "Half of the estimate rests on" in page and "<li>Log more.</li>" in page


def test_names_of_segments_are_text_and_no_folder_is_named(page, log):
    assert EVIL not in page and QUOTED not in page and "&lt;script&gt;alert(1)" in page
    assert str(log.parent) not in page and "log.csv: 3,000 decisions" in page


def test_the_command_writes_it_and_refuses_another_suffix(log, tmp_path):
    from typer.testing import CliRunner

    done = CliRunner().invoke(app, ["ope", str(log), "--resamples", "200", "--html", str(tmp_path / "a.html")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "a.html").read_text().startswith("<!doctype html>")
    refused = CliRunner().invoke(app, ["ope", str(log), "--html", str(tmp_path / "a.pdf")])
    assert "A report is an HTML file." in str(refused.exception) and not (tmp_path / "a.pdf").exists()
