"""What the six scripts share: a log whose truth is known, and how it is shown."""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

from rlbench_rec import ope


@dataclass(frozen=True)
class Case:
    """A log on which a naive estimate misleads.

    Attributes:
        title: what goes wrong.
        naive: what the naive number is.
        log: the logged decisions.
        estimate: the naive estimate, or lift, with the gate's verdict on it.
        truth: what it should be, known since the log is simulated.
    """

    title: str
    naive: str
    log: ope.EvaluationLog
    estimate: ope.Estimate
    truth: float


def show(case: Case) -> None:
    """Print a case; with a file name on the command line, also write its log there for `rlbench ope`."""
    found = case.estimate
    print(case.title)
    print(f"  naive   {found.value:+.4g} [{found.ci_low:+.4g}, {found.ci_high:+.4g}]   {case.naive}")
    print(f"  truth   {case.truth:+.4g}")
    print(f"  gate    {found.verdict}")
    for reason in found.reasons:
        print(f"          - {reason}")
    if case.log.one_step:
        logging = float(case.log.rewards.mean())
        factor = ope.analysis.breaking_factor(case.log, logging)
        print(f"  hidden confounding: odds of the propensities off by {factor:.2f} explain any lift away")
    if len(sys.argv) > 1:
        write(case.log, Path(sys.argv[1]))
        print(f"  rlbench ope {sys.argv[1]}")


def write(log: ope.EvaluationLog, path: Path) -> None:
    """The log as a CSV file."""
    columns = {"reward": log.rewards, "propensity": log.propensities, "target_propensity": log.target_propensities}
    if not log.one_step:
        episodes = [number for number, length in enumerate(log.lengths) for _ in range(length)]
        columns |= {"episode": episodes, "step": log.steps}
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
