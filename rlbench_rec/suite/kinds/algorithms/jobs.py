"""A suite as a list of jobs: one source, one algorithm, one seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from ....policies import POLICIES
from ...config import AlgorithmSpec, Source, Suite, config_hash

BEHAVIOUR = AlgorithmSpec(id="behaviour")
"""The logging policy itself: the line every other row is measured against."""
COUNTERPART = AlgorithmSpec(id="counterpart")
"""The policy of the other log of the same shop."""

REFERENCE = AlgorithmSpec(id="reference")
"""The best policy that is known in a shop: 100 on the normalised scale."""


@dataclass(frozen=True)
class TrainingJob:
    """One training run (or one fixed policy) and its evaluation.

    Attributes:
        suite: the suite it belongs to.
        source: the log.
        spec: the algorithm or policy.
        seed: of training, folds and bootstrap.
        device: where to train.
    """

    suite: Suite
    source: Source
    spec: AlgorithmSpec
    seed: int
    device: str = "auto"

    @property
    def run_id(self) -> str:
        """Readable and unique within a suite; safe as a file name."""
        parts = [self.source.name, self.spec.id, self.spec.label, self.spec.encoder, f"seed{self.seed}"]
        text = ".".join(part for part in parts if part)
        return "".join(c if c.isalnum() or c in "-._" else "-" for c in text)

    @property
    def stem(self) -> str:
        """What the variants of the job's rows begin with: encoder and label."""
        return "/".join(part for part in (self.spec.encoder, self.spec.label) if part)

    @property
    def forms(self) -> list[str]:
        """Policy forms over Q, the headline last."""
        return self.source.forms or self.suite.forms

    @property
    def steps(self) -> int:
        """Training steps."""
        return self.source.steps or self.suite.steps

    @property
    def loop(self) -> str:
        """The training loop: the suite's, or the nearest that can train this row."""
        from ....training import nearest_loop

        return nearest_loop(self.suite.loop, self.spec.id, self.spec.encoder, self.device)

    @property
    def config_hash(self) -> str:
        """Hash of all that shapes this job's numbers, the seed apart: resuming compares it."""
        return config_hash(self.settings)

    @property
    def settings(self) -> dict[str, Any]:
        """What `config_hash` hashes."""
        from ...sources import task_identity

        suite = self.suite.model_dump(mode="json", exclude={"sources", "algorithms", "seeds", "description"})
        # Where the raw files lie says nothing about what is in them; the rows carry their hash.
        source = self.source.model_dump(mode="json", exclude={"data"}) | {"dataset": self.source.name}
        if self.source.task:
            source["task"] = task_identity(self.source).digest
        return suite | {"source": source, "algorithm": self.spec.model_dump(mode="json")}


def plan(suite: Suite, device: str = "auto") -> list[TrainingJob]:
    """Every job of a suite, those of one source together. Policies without training run once, on the first seed."""
    jobs = []
    for source in suite.sources:
        fixed = [BEHAVIOUR]
        if source.counterpart:
            fixed.append(COUNTERPART)
        if source.task and suite.normalise:
            fixed.append(REFERENCE)
        jobs += [TrainingJob(suite, source, spec, suite.seeds[0], device) for spec in fixed]
        for spec in suite.algorithms:
            seeds = suite.seeds[:1] if spec.id in POLICIES else suite.seeds
            jobs += [TrainingJob(suite, source, spec, seed, device) for seed in seeds]
    return jobs


def batches(jobs: Sequence[TrainingJob]) -> list[tuple[TrainingJob, ...]]:
    """The jobs as a worker takes them: one by one, or all seeds of a row where its loop trains them in one pass."""

    def row(job: TrainingJob) -> TrainingJob | tuple[TrainingJob, int]:
        return replace(job, seed=0) if _shares_training(job) else (job, job.seed)

    return [tuple(group) for _, group in groupby(jobs, row)]


def _shares_training(job: TrainingJob) -> bool:
    # Shuffled rewards are another log for each seed.
    fixed = job.spec.id in POLICIES or job.spec in (BEHAVIOUR, COUNTERPART, REFERENCE)
    return not fixed and not job.spec.shuffle_rewards and job.loop == "ensemble"
