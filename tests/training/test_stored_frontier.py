"""What a frontier chose, as it is stored beside a run."""

from __future__ import annotations

from rlbench_rec.training.stored_frontier import Chosen


def test_a_tilt_is_called_what_tables_call_it():
    step = Chosen(contender="cql", dial="tilted", parameter=1.5218741471800954, divergence=0.14999799875746028)
    assert str(step.form) == "tilted-0.15" and step.temperature == 1.5218741471800954


def test_a_mixture_is_called_by_its_own_share():
    step = Chosen(contender="cql", dial="mixed", parameter=0.25, divergence=0.15)
    assert str(step.form) == "mixed-0.25" and step.temperature is None
