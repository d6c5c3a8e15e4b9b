"""The Open Bandit sample: a policy valued on the other policy's log, against the click rate of its own."""

from __future__ import annotations

from rlbench_rec import ope
from rlbench_rec.evaluation.bridge import evaluation_log
from rlbench_rec.suite import load_suite
from rlbench_rec.suite.config import Suite
from rlbench_rec.suite.sources import load

ESTIMATORS = ("ips", "snips")


def ours() -> dict[str, tuple[float, float | None]]:
    """`<log>/<estimator>` -> the other policy's click rate by the whole of this log, and its standard error."""
    suite, figures = load_suite("quick"), {}
    assert isinstance(suite, Suite), "it trains"
    for source in suite.sources:
        if not source.counterpart:
            continue
        loaded = load(source)
        policy = loaded.counterpart_policy
        assert policy is not None, "the source has a counterpart"
        log = evaluation_log(loaded.data, policy, ESTIMATORS)
        for estimate in ope.estimate_all(log, ESTIMATORS, interval="normal"):
            figures[f"{source.name.split('/')[1]}/{estimate.estimator}"] = estimate.value, estimate.std_error
    return figures
