"""A suite as a list of jobs: one source, one algorithm, one seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from ....mdp.config import DECISION_KEYS
from ....policies import POLICIES, parse_form
from ....policies.forms import FRONTIER_BEST
from ....results.needs_rl import CONTROL
from ...config import AlgorithmSpec, Source, Steps, Suite, told
from ...fingerprints import NOTHING, Content
from ...labels import differences, places
from ...plan import Job
from ...tuned import choices_of, with_choice
from .files import identity

DEFAULT_ENCODER = "mlp"
"""Of most algorithms, and what stands in the run ids of what has none."""
BEHAVIOUR = AlgorithmSpec(id="behaviour", encoder=DEFAULT_ENCODER)
"""The behaviour policy itself: the line every other row is measured against."""
COUNTERPART = AlgorithmSpec(id="counterpart", encoder=DEFAULT_ENCODER)
"""The policy of the other log of the same shop."""

REFERENCE = AlgorithmSpec(id="reference", encoder=DEFAULT_ENCODER)
"""The best policy that is known in a shop: 100 on the normalised scale."""
LEARNERS = AlgorithmSpec(id="learners", encoder=DEFAULT_ENCODER)
"""All learners of a suite together: what `frontier-best` chooses among."""

FIXED = "fixed"
"""Variant of a policy that is not trained and has no label."""
RETRIEVAL = ("retrieve", "candidates", "retrieve_config")
"""Keys of a row that say how candidates are retrieved."""
SCALED_FORMS = ("softmax", "epsilon-greedy")
"""What the form of a row stands in place of."""
NO_SETTINGS = {"sources", "algorithms", "seeds", "description", "plugins", "job_timeout", "tuned", "tuned_by"}
"""Keys of a suite that shape none of a job's numbers, or that stand elsewhere in what identifies it."""


@dataclass(frozen=True, kw_only=True)
class TrainingJob(Job[Suite, Source]):
    """One training run (or one fixed policy) and its evaluation.

    Attributes:
        spec: the algorithm or policy, with a label that is its own within the suite.
        device: where to train.
        file_sha256: of the file of recommendations that the row names; empty where it names none.
    """

    spec: AlgorithmSpec
    device: str = "auto"
    file_sha256: str = ""

    @property
    def encoder(self) -> str:
        """Encoder id."""
        return encoder_of_row(self.spec)

    @property
    def name(self) -> str:
        """Place, algorithm, label, encoder and seed."""
        parts = [self.place, self.spec.name, self.spec.label, self.encoder, f"seed{self.seed}"]
        return ".".join(part for part in parts if part)

    @property
    def called(self) -> str:
        """What a frontier among several learners calls this one."""
        return "/".join(filter(None, (self.spec.id, self.spec.label, self.encoder.replace(DEFAULT_ENCODER, ""))))

    @property
    def stem(self) -> str:
        """What the variants of the job's rows begin with: encoder and label."""
        return "/".join(part for part in (self.encoder, self.spec.label) if part)

    @property
    def forms(self) -> list[str]:
        """Policy forms over Q, the headline last."""
        forms = self.source.forms or self.suite.forms
        return with_form(forms, self.spec.form) if self.spec.form else forms

    @property
    def asks_for(self) -> set[str]:
        """Names of the forms, without their parameters."""
        return {parse_form(form).name for form in self.forms}

    @property
    def steps(self) -> Steps:
        """Training steps, or `plateau`."""
        return self.source.steps or self.suite.steps

    @property
    def loop(self) -> str:
        """The training loop: the suite's, or the nearest that can train this row."""
        from ....training import nearest_loop

        return nearest_loop(self.suite.loop, self.spec.id, self.encoder, self.device, self.spec.config)

    @property
    def is_learner(self) -> bool:
        """Whether it learns Q of all actions, and is neither a baseline nor a control: what `frontier-best` may
        choose."""
        from ....training import ALGORITHMS
        from ....training.algorithm_config import ValueConfig

        if self.spec.id not in ALGORITHMS or self.spec.retrieve or self.spec.shuffle_rewards:
            return False
        if CONTROL in self.spec.label.split("/"):
            return False
        config = ALGORITHMS[self.spec.id]
        return issubclass(config, ValueConfig) and not config.is_baseline

    @property
    def trained_together(self) -> bool:
        """Whether its loop trains all seeds in one pass."""
        # Shuffled rewards are another log for each seed.
        fixed = self.spec.id in POLICIES or self.spec in (BEHAVIOUR, COUNTERPART, REFERENCE, LEARNERS)
        return not fixed and not self.spec.shuffle_rewards and self.loop == "ensemble"

    @property
    def settings(self) -> dict[str, Any]:
        """The suite's, the source's and the algorithm's; files go by their names: `content` says what is in them."""
        # A suite that says nothing of q keeps the run ids that it had before there was one.
        exclude = NO_SETTINGS | ({"q"} if self.suite.q == "auto" else set())
        suite = self.suite.model_dump(mode="json", exclude=exclude)
        # So do logs on which nothing is credited: what a decision is, `content` says where it was chosen.
        hidden = dict.fromkeys(("data", "dataset", "task", "counterpart", "label"), True)
        source = told(self.source.model_dump(mode="json", exclude={**hidden, "mdp": set(DECISION_KEYS)}))
        # Where a row runs shapes none of its numbers; nor do settings of a retriever where there is none. The encoder
        # that an algorithm has by itself is the same one as where it is named.
        unused = {"only_on"} if self.spec.retrieve else {"only_on", *RETRIEVAL}
        unused |= set() if self.spec.form else {"form"}
        algorithm = self.spec.model_dump(mode="json", exclude=unused) | {"id": self.spec.name, "encoder": self.encoder}
        if self.file_sha256:
            algorithm["file_sha256"] = self.file_sha256
        return suite | {"source": source | {"name": self.source.name}, "algorithm": algorithm}


@dataclass(frozen=True, kw_only=True)
class ChoiceJob(TrainingJob):
    """`frontier-best` of one seed: the choice among the learners of a suite, each trained by a job of its own.

    Attributes:
        learners: their jobs.
    """

    spec: AlgorithmSpec = LEARNERS
    learners: tuple[TrainingJob, ...]

    @property
    def name(self) -> str:
        """Place, what it is, and seed."""
        return f"{self.place}.{self.spec.id}.{FRONTIER_BEST}.seed{self.seed}"

    @property
    def stem(self) -> str:
        """The variant of its row."""
        return FRONTIER_BEST

    @property
    def needs(self) -> tuple[str, ...]:
        """The jobs whose trainings it reads."""
        return tuple(job.run_id for job in self.learners)

    @property
    def settings(self) -> dict[str, Any]:
        """Those of its learners, which hold the suite's and the source's."""
        return super().settings | {"learners": [job.settings["algorithm"] for job in self.learners]}


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
    choices: list[ChoiceJob] = []
    specs, contents = labelled(suite.algorithms), contents or [NOTHING] * len(suite.sources)
    files = {spec.id: identity(spec) for spec in specs}
    choices_made = choices_of(suite)
    for place, source, content in zip(places(suite.sources), suite.sources, contents, strict=True):
        fixed = [BEHAVIOUR]
        if source.counterpart:
            fixed.append(COUNTERPART)
        if source.task and suite.normalise:
            fixed.append(REFERENCE)
        rows = [(spec, suite.seeds[:1]) for spec in fixed]
        rows += [
            (with_choice(spec, place, choices_made), suite.seeds[:1] if spec.id in POLICIES else suite.seeds)
            for spec in specs
        ]
        of_source = [
            TrainingJob(
                suite=suite,
                source=source,
                place=place,
                content=content,
                device=device,
                spec=spec,
                seed=seed,
                file_sha256=files.get(spec.id, ""),
            )
            for spec, seeds in rows
            for seed in seeds
        ]
        jobs += of_source
        if FRONTIER_BEST in of_source[0].asks_for:
            choices += _choices(of_source, suite.seeds)
    return [*jobs, *choices]


def _choices(jobs: Sequence[TrainingJob], seeds: Sequence[int]) -> list[ChoiceJob]:
    """One a seed; controls are not chosen among."""
    found = []
    for seed in seeds:
        learners = tuple(job for job in jobs if job.seed == seed and job.is_learner)
        if learners:
            first = learners[0]
            shared = {name: getattr(first, name) for name in ("suite", "source", "place", "content", "device")}
            found.append(ChoiceJob(**shared, seed=seed, learners=learners))
    return found


def encoder_of_row(spec: AlgorithmSpec) -> str:
    """The encoder that a row names, or its algorithm's own."""
    from ....training import ALGORITHMS

    own = ALGORITHMS[spec.id].encoder if spec.id in ALGORITHMS else DEFAULT_ENCODER
    return spec.encoder or own


def with_form(forms: Sequence[str], own: str) -> list[str]:
    """The forms of a row that has its own: greedy, its own, and those that stay with the log."""
    parsed = [parse_form(form) for form in forms]
    kept = [str(form) for form in parsed if form.name not in ("greedy", *SCALED_FORMS)]
    return list(dict.fromkeys(["greedy", own, *(form for form in kept if form != own)]))


def labelled(specs: Sequence[AlgorithmSpec]) -> list[AlgorithmSpec]:
    """The algorithms with labels that tell them apart: `learning_rate=0.001` for a second `dqn` that has it; and
    `retrieve=als` for one among candidates."""
    stages = [f"retrieve={spec.retrieve}" if spec.retrieve else "" for spec in specs]
    named = list(zip(specs, stages, strict=True))
    names = ["/".join(filter(None, (spec.name, encoder_of_row(spec), stage, spec.label))) for spec, stage in named]
    added = differences(names, list(map(_told, specs)), "algorithms")
    return [
        spec.model_copy(update={"label": "/".join(filter(None, (stage, spec.label, more)))})
        for (spec, stage), more in zip(named, added, strict=True)
    ]


def _told(spec: AlgorithmSpec) -> dict[str, Any]:
    """The settings of a row by which it may differ from another one of its name."""
    told = dict(spec.config)
    if spec.shuffle_rewards:
        told["shuffle_rewards"] = True
    if spec.form:
        told["form"] = spec.form
    if spec.id != spec.name:
        told["data"] = spec.id
    return told | ({"candidates": spec.candidates} | spec.retrieve_config if spec.retrieve else {})


def batches(jobs: Sequence[TrainingJob]) -> list[tuple[TrainingJob, ...]]:
    """The jobs as a worker takes them: one by one, or all seeds of a row where its loop trains them in one pass."""

    def row(job: TrainingJob) -> TrainingJob | tuple[TrainingJob, int]:
        return replace(job, seed=0) if job.trained_together else (job, job.seed)

    return [tuple(group) for _, group in groupby(jobs, row)]
