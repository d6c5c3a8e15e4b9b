"""What a public function was given in place of a path, a frame, a data set or a policy: one clear message."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import rlbench_rec as rb
from rlbench_rec.errors import InputError
from rlbench_rec.ope.scorecard import read_log

HERE = "leaderboard.csv"
LOG = object.__new__(rb.mdp.TransitionDataset)
PATHS = {
    "compare old": (rb.compare, lambda x: (x, HERE), "old"),
    "compare new": (rb.compare, lambda x: (HERE, x), "new"),
    "load_runs": (rb.load_runs, lambda x: (x,), "path"),
    "load_leaderboard": (rb.load_leaderboard, lambda x: (x,), "path"),
    "load_suite": (rb.load_suite, lambda x: (x,), "name_or_path"),
    "run_suite suite": (rb.run_suite, lambda x: (x,), "suite"),
    "merge_runs part": (rb.suite.merge_runs, lambda x: ([x], "out"), "parts"),
    "merge_runs out": (rb.suite.merge_runs, lambda x: (["part"], x), "out"),
    "verify": (rb.audit.verify, lambda x: (x,), "folder"),
    "submit": (rb.audit.submit, lambda x: (x, "name"), "folder"),
    "accept file": (rb.audit.accept, lambda x: (x,), "file"),
    "accept results": (rb.audit.accept, lambda x: ("file.json", x), "results"),
    "events.load": (rb.events.load, lambda x: (x,), "name"),
    "find_card": (rb.events.find_card, lambda x: (x,), "name"),
    "TransitionDataset.load": (rb.mdp.TransitionDataset.load, lambda x: (x,), "path"),
    "training.load": (rb.training.load, lambda x: (x,), "folder"),
    "join_feedback folder": (rb.serving.join_feedback, lambda x: (x, "out"), "folder"),
    "join_feedback out": (rb.serving.join_feedback, lambda x: ("folder", x), "out"),
    "DecisionLog": (rb.serving.DecisionLog, lambda x: (x,), "folder"),
    "TransitionDataset.save": (lambda x: rb.mdp.TransitionDataset.save(LOG, x), lambda x: (x,), "path"),
    "read_log": (read_log, lambda x: (x,), "path"),
    "tasks.make": (rb.tasks.make, lambda x: (x,), "task_id"),
    "tune": (rb.tuning.tune, lambda x: (x,), "suite"),
}
"""Name of a case -> function, (what is wrong) -> arguments, the argument that is named."""
DATA = {
    "evaluate": (rb.evaluate, lambda x: (x, None), "TransitionDataset"),
    "imitation_metrics": (rb.evaluation.imitation_metrics, lambda x: (x, None), "TransitionDataset"),
    "ranking_report": (rb.evaluation.ranking_report, lambda x: (x, None), "TransitionDataset"),
    "mdp.build": (rb.mdp.build, lambda x: (x,), "EventLog"),
    "with_candidates": (rb.mdp.with_candidates, lambda x: (x,), "TransitionDataset"),
    "policies.make": (rb.policies.make, lambda x: ("popularity", x), "TransitionDataset"),
    "popularity": (rb.policies.popularity, lambda x: (x,), "TransitionDataset"),
    "fit": (rb.training.fit, lambda x: (x, "dqn"), "TransitionDataset"),
    "fit_seeds": (rb.training.fit_seeds, lambda x: (x, "dqn", [0]), "TransitionDataset"),
    "fqe": (rb.training.fqe, lambda x: (x, None), "TransitionDataset"),
    "cross_fitted_q": (rb.training.cross_fitted_q, lambda x: (x, None), "TransitionDataset"),
    "export": (rb.training.export, lambda x: (x, "policy.onnx"), "Run"),
    "frontier.score": (rb.frontier.score, lambda x: (x, x), "TransitionDataset"),
    "most_promising": (rb.frontier.most_promising, lambda x: (x,), "Frontier"),
    "ope.estimate": (rb.ope.estimate, lambda x: (x, "snips"), "EvaluationLog"),
    "ope.estimate_all": (rb.ope.estimate_all, lambda x: (x, ["snips"]), "EvaluationLog"),
    "ope.diagnose": (rb.ope.diagnose, lambda x: (x,), "EvaluationLog"),
    "ope.lift": (rb.ope.lift, lambda x: (x,), "EvaluationLog"),
    "ope.plan": (rb.ope.plan, lambda x: (x, 0.1), "EvaluationLog"),
    "ope.explore": (rb.ope.explore, lambda x: (x, 0.1), "EvaluationLog"),
}
"""Name of a case -> function, (what is wrong) -> arguments, what the function takes."""
WRONG = {"None": None, "number": 3, "list": [1, 2]}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("case", PATHS)
def test_what_is_not_a_path_is_named_with_its_argument(case, wrong, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    function, arguments, name = PATHS[case]
    with pytest.raises(InputError, match=rf"^{name}: It is (None|of type int|of type list), not "):
        function(*arguments(WRONG[wrong]))


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("case", DATA)
def test_what_is_not_of_the_type_is_named(case, wrong):
    function, arguments, wanted = DATA[case]
    with pytest.raises(InputError, match=rf"It is (None|of type int|of type list), not an? {wanted}\. .*`rb\."):
        function(*arguments(WRONG[wrong]))


def test_a_policy_is_not_the_name_of_one():
    task = rb.tasks.make("ads-v1")
    log = task.log(20, task.behaviour, seed=0)
    with pytest.raises(InputError, match=r"^policy: It is of type str, not a Policy\. `rb\.policies\.make`"):
        rb.evaluate(log, "popularity")


def test_names_that_are_no_text_are_unknown():
    log = rb.ope.EvaluationLog(np.ones(4), np.full(4, 0.5), np.full(4, 0.5))
    with pytest.raises(rb.errors.UnknownNameError, match=r"Unknown estimator '\['snips'\]'"):
        rb.ope.estimate(log, ["snips"])
    with pytest.raises(InputError, match="names: It is None, not a list of estimators"):
        rb.ope.estimate_all(log, None)


def test_one_folder_is_not_a_list_of_parts():
    with pytest.raises(InputError, match=r"parts: It is one folder; a list is needed. Write \['part'\]"):
        rb.suite.merge_runs("part", "out")


def test_frames_and_paths_are_taken(tmp_path):
    with pytest.raises(InputError, match="Columns are missing"):
        rb.compare(pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]}))
    with pytest.raises(rb.errors.MissingFileError):
        rb.compare(tmp_path / "a.csv", str(tmp_path / "b.csv"))
