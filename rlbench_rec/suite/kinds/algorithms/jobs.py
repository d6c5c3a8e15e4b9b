"""A suite as a list of jobs: one source, one algorithm, one seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from ....mdp.config import DECISION_KEYS
from ....policies import POLICIES
from ...config import AlgorithmSpec, Source, Steps, Suite
from ...fingerprints import NOTHING, Content
from ...labels import differences, places
from ...plan import Job

BEHAVIOUR = AlgorithmSpec(id="behaviour")
"""The behaviour policy itself: the line every other row is measured against."""
COUNTERPART = AlgorithmSpec(id="counterpart")
"""The policy of the other log of the same shop."""

REFERENCE = AlgorithmSpec(id="reference")
"""The best policy that is known in a shop: 100 on the normalised scale."""

FIXED = "fixed"
"""Variant of a policy that is not trained and has no label."""
NO_SETTINGS = {"sources", "algorithms", "seeds", "description", "plugins", "job_timeout"}
"""Keys of a suite that shape none of a job's numbers, or that stand elsewhere in what identifies it."""


@dataclass(frozen=True, kw_only=True)
class TrainingJob(Job[Suite, Source]):
    """One training run (or one fixed policy) and its evaluation.

    Attributes:
        spec: the algorithm or policy, with a label that is its own within the suite.
        device: where to train.
    """

    spec: AlgorithmSpec
    device: str = "auto"

    @property
    def name(self) -> str:
        """Place, algorithm, label, encoder and seed."""
        parts = [self.place, self.spec.id, self.spec.label, self.spec.encoder, f"seed{self.seed}"]
        return ".".join(part for part in parts if part)

    @property
    def stem(self) -> str:
        """What the variants of the job's rows begin with: encoder and label."""
        return "/".join(part for part in (self.spec.encoder, self.spec.label) if part)

    @property
    def forms(self) -> list[str]:
        """Policy forms over Q, the headline last."""
        return self.source.forms or self.suite.forms

    @property
    def steps(self) -> Steps:
        """Training steps, or `plateau`."""
        return self.source.steps or self.suite.steps

    @property
    def loop(self) -> str:
        """The training loop: the suite's, or the nearest that can train this row."""
        from ....training import nearest_loop

        return nearest_loop(self.suite.loop, self.spec.id, self.spec.encoder, self.device)

    @property
    def settings(self) -> dict[str, Any]:
        """The suite's, the source's and the algorithm's; files go by their names: `content` says what is in them."""
        # A suite that says nothing of q keeps the run ids that it had before there was one.
        exclude = NO_SETTINGS | ({"q"} if self.suite.q == "auto" else set())
        suite = self.suite.model_dump(mode="json", exclude=exclude)
        # So do logs on which nothing is credited: what a decision is, `content` says where it was chosen.
        hidden = dict.fromkeys(("data", "dataset", "task", "counterpart", "label"), True)
        source = self.source.model_dump(mode="json", exclude={**hidden, "mdp": set(DECISION_KEYS)})
        return suite | {"source": source | {"name": self.source.name}, "algorithm": self.spec.model_dump(mode="json")}


def plan(suite: Suite, device: str = "auto", contents: Sequence[Content] | None = None) -> list[TrainingJob]:
    """Every job of a suite, those of one source together. Policies without training run once, on the first seed.

    Args:
        suite: what to run.
        device: where to train.
        contents: of the sources, in their order; None leaves them open.

    Raises:
        InputError: two sources, or two algorithms, that nothing tells apart.
    """
    jobs: list[TrainingJob] = []
    specs, contents = labelled(suite.algorithms), contents or [NOTHING] * len(suite.sources)
    for place, source, content in zip(places(suite.sources), suite.sources, contents, strict=True):
        fixed = [BEHAVIOUR]
        if source.counterpart:
            fixed.append(COUNTERPART)
        if source.task and suite.normalise:
            fixed.append(REFERENCE)
        rows = [(spec, suite.seeds[:1]) for spec in fixed]
        rows += [(spec, suite.seeds[:1] if spec.id in POLICIES else suite.seeds) for spec in specs]
        jobs += [
            TrainingJob(suite=suite, source=source, place=place, content=content, device=device, spec=spec, seed=seed)
            for spec, seeds in rows
            for seed in seeds
        ]
    return jobs


def labelled(specs: Sequence[AlgorithmSpec]) -> list[AlgorithmSpec]:
    """The algorithms with labels that tell them apart: `learning_rate=0.001` for a second `dqn` that has it."""
    names = ["/".join(filter(None, (spec.id, spec.encoder, spec.label))) for spec in specs]
    settings = [spec.config | ({"shuffle_rewards": True} if spec.shuffle_rewards else {}) for spec in specs]
    added = differences(names, settings, "algorithms")
    return [
        spec.model_copy(update={"label": "/".join(filter(None, (spec.label, more)))})
        for spec, more in zip(specs, added, strict=True)
    ]


def batches(jobs: Sequence[TrainingJob]) -> list[tuple[TrainingJob, ...]]:
    """The jobs as a worker takes them: one by one, or all seeds of a row where its loop trains them in one pass."""

    def row(job: TrainingJob) -> TrainingJob | tuple[TrainingJob, int]:
        return replace(job, seed=0) if _shares_training(job) else (job, job.seed)

    return [tuple(group) for _, group in groupby(jobs, row)]


def _shares_training(job: TrainingJob) -> bool:
    # Shuffled rewards are another log for each seed.
    fixed = job.spec.id in POLICIES or job.spec in (BEHAVIOUR, COUNTERPART, REFERENCE)
    return not fixed and not job.spec.shuffle_rewards and job.loop == "ensemble"
