"""An estimator's result is the same, to the last bit, alone and in company, whichever kernels the processor has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.ope.analysis.lifts import paired
from rlbench_rec.ope.estimators import valued
from rlbench_rec.statistics import bootstrap

CORE_TYPES = {"Prescott": "pni", "Sandybridge": "avx", "Haswell": "avx2", "Zen": "avx2", "SkylakeX": "avx512f"}
"""OpenBLAS's names of kinds of kernels, each with the processor's flag that it needs."""
ONE_STEP = [
    *("on-policy", "ips", "snips", "tis", "sntis", "dm", "dr", "sndr", "mis", "drl", "mips", "snmips"),
    *("iips", "sniips", "pseudo-inverse", "sn-pseudo-inverse"),
    ope.estimator("ips-clip", clip=2),
    ope.estimator("dr-clip", clip=2),
    ope.estimator("switch-dr", threshold=2),
    ope.estimator("dros", shrinkage=4),
    ope.estimator("sg-ips", strength=0.3),
    ope.estimator("sg-dr", strength=0.3),
    ope.estimator("magic", steps=3, resamples=20),
]
LONGER = [one for one in ONE_STEP if not ope.estimator(one).one_step_only]
BOUNDED = ["on-policy", "ips", "tis", "dm", "dr"]
FROM_RANGES = ("hoeffding", "bernstein", "betting", "betting-sequence", "cressie-read")


def log_of(rng: np.random.Generator, kind: str, n: int) -> ope.EvaluationLog:
    lengths = {"equal": np.full(n, 3), "ragged": rng.integers(1, 20, n)}.get(kind, np.ones(n, dtype=int))
    rows, starts = int(lengths.sum()), np.cumsum(lengths) - lengths
    propensities = rng.uniform(0.2, 0.9, rows)
    options = {"clusters": rng.integers(0, n // 4, n)} if kind == "users" else {}
    options |= {"strata": rng.integers(0, 2, n)} if kind == "strata" else {}
    return ope.EvaluationLog(
        (rng.random(rows) < 0.3) * rng.uniform(0, 1, rows),
        propensities,
        np.clip(propensities * rng.lognormal(0, 0.5, rows), 0, 1),
        rng.uniform(0, 0.5, rows),
        rng.uniform(0, 0.5, rows),
        episode_starts=starts if kind in ("equal", "ragged") else None,
        gamma=0.9,
        reward_range=(0, 1),
        weight_bound=1e12,
        metrics=rng.uniform(1, 2, (rows, 2)),
        state_ratios=rng.uniform(0.5, 2, rows),
        category_propensities=rng.uniform(0.2, 0.9, rows),
        target_category_propensities=rng.uniform(0.2, 0.9, rows),
        **options,
    )


def differing(log: ope.EvaluationLog, interval: str, names, n_resamples: int) -> list[str]:
    """The estimators that give another result in company."""
    chosen = [ope.estimator(name) for name in names]
    if interval not in FROM_RANGES:
        chosen += [paired(one) for one in chosen]
        chosen += [valued(ope.estimator("snips"), (None, 0)), paired(valued(ope.estimator("snips"), (1, 0)))]
    settings = {"interval": interval, "n_resamples": n_resamples}
    together = ope.estimate_all(log, chosen, **settings)
    alone = [ope.estimate_all(log, [one], **settings)[0] for one in chosen]
    # A NaN does not equal itself, but all its digits are the same.
    return [one.estimator for one, other in zip(together, alone, strict=True) if repr(one) != repr(other)]


def compare() -> None:
    """Everything alone and in company, in this process."""
    rng = np.random.default_rng(0)
    for kind in ("rows", "users", "strata", "equal", "ragged"):
        names = LONGER if kind in ("equal", "ragged") else ONE_STEP
        for n in (41, 80, 127):
            found = differing(log_of(rng, kind, n), "bootstrap", names, 19)
            assert not found, (kind, n, found)
        for interval in ("normal", "none") if kind == "strata" else ("bca", "studentised", "normal", "none"):
            found = differing(log_of(rng, kind, 41), interval, names[:12], 19)
            assert not found, (kind, interval, found)
        for interval in FROM_RANGES if kind in ("rows", "equal", "ragged") else ():
            found = differing(log_of(rng, kind, 41), interval, BOUNDED, 1)
            assert not found, (kind, interval, found)
    compare_questions(rng)
    # Groups of units, as on logs of more than 50,000.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "EXACT_UNITS", 30)
        patch.setattr(bootstrap, "GROUPS", 20)
        for kind in ("rows", "users", "strata", "ragged"):
            found = differing(log_of(rng, kind, 200), "bootstrap", LONGER[:8], 19)
            assert not found, (kind, "groups", found)
        compare_questions(rng)
    # Longer than a block of rows, which `magic` does not take one by one.
    assert not differing(log_of(rng, "rows", 40_000), "bootstrap", ["ips", "snips", "dr", "sndr", "magic"], 5)


def compare_questions(rng: np.random.Generator) -> None:
    """Outcomes among outcomes, and policies among policies."""
    log = log_of(rng, "rows", 90)
    together = ope.analysis.kpis(log, {"a": None, "b": 0, "c": (None, 1)}, n_resamples=19)
    assert repr(ope.analysis.kpis(log, {"c": (None, 1)}, n_resamples=19)[0]) == repr(together[2])
    other = log_of(rng, "rows", 90)
    logs = {"a": log, "b": ope.EvaluationLog(log.rewards, log.propensities, other.target_propensities)}
    for one in ope.analysis.select(logs, n_resamples=19):
        assert repr(one.estimate) == repr(ope.estimate(logs[one.policy], "snips", n_resamples=19))
    streams = [ope.Stream(names) for names in (["ips", "snips", "dr"], ["snips"])]
    for stream in streams:
        stream.add(log)
        stream.add(log_of(np.random.default_rng(5), "rows", 33))
    assert repr(streams[0].estimates()[1]) == repr(streams[1].estimates()[0])
    labels = np.arange(90) % 2
    both, (one,) = (
        ope.analysis.by_slice(log, labels, n_resamples=19),
        ope.analysis.by_slice(ope.analysis.subset(log, labels == 0), labels[::2]),
    )
    assert (both[0].value.value, both[0].lift.std_error) == (one.value.value, one.lift.std_error)
    rails = {"a": ope.analysis.Guardrail(0, 0.1), "b": ope.analysis.Guardrail((None, 1), 0.1)}
    answer = ope.analysis.ship(log, rails, n_resamples=19)
    for at, name in enumerate(rails):
        alone = ope.analysis.ship(log, {name: rails[name]}, n_resamples=19).guardrails[0]
        together = answer.guardrails[at]
        assert repr((alone.behaviour, alone.lift)) == repr((together.behaviour, together.lift))


def flags() -> set[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return set()
    return set(next((line for line in lines if line.startswith("flags")), "").split())


@pytest.mark.parametrize("core_type", [None, *CORE_TYPES])
def test_results_do_not_depend_on_their_company(core_type):
    """Products of matrices of other widths round otherwise, on each kind of processor in its own way."""
    if core_type is None:
        return compare()
    if CORE_TYPES[core_type] not in flags():
        pytest.skip(f"this processor does not run kernels of {core_type}")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"}
    environment["OPENBLAS_CORETYPE"] = core_type
    done = subprocess.run([sys.executable, __file__], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2_000:]


if __name__ == "__main__":
    compare()
