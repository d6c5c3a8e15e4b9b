"""A suite as a list of jobs: one source, one algorithm, one seed."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from ....mdp.config import DECISION_KEYS
from ....policies import POLICIES, parse_form
from ....policies.forms import FRONTIER, FRONTIER_BEST, REWEIGHTED_FORMS
from ....results.needs_rl import CONTROL
from ...config import AlgorithmSpec, Source, Steps, Suite
from ...fingerprints import NOTHING, Content
from ...later_keys import run_id_settings
from ...plan import Job
from ...replicates import Replicate, replicates_of, seeds_of
from ...tuned import choices_of, with_choice
from . import costs
from .files import identity
from .specs import BEHAVIOUR, COUNTERPART, DEFAULT_ENCODER, LEARNERS, REFERENCE, encoder_of_row, labelled, with_form

RETRIEVAL = ("retrieve", "candidates", "retrieve_config")
"""Keys of a row that say how candidates are retrieved."""
NO_SETTINGS = {
    *("sources", "algorithms", "seeds", "replicates", "logs", "sizes"),
    *("description", "plugins", "job_timeout", "tuned", "tuned_by"),
}
"""Keys of a suite that shape none of a job's numbers, or that stand elsewhere in what identifies it."""
UNTRAINED = (BEHAVIOUR, COUNTERPART, REFERENCE, LEARNERS)
"""Rows that no suite names, and no loop trains."""


@dataclass(frozen=True, kw_only=True)
class TrainingJob(Job[Suite, Source]):
    """One training run (or one fixed policy) and its evaluation.

    Attributes:
        spec: the algorithm or policy, with a label that is its own within the suite.
        replicate: which shop of the place; 0 of a data set.
        log: which log of the shop.
        device: where to train.
        file_sha256: of the file of recommendations that the row names; empty where it names none.
    """

    spec: AlgorithmSpec
    replicate: int = 0
    log: int = 0
    device: str = "auto"
    file_sha256: str = ""

    @property
    def encoder(self) -> str:
        """Encoder id."""
        return encoder_of_row(self.spec)

    @property
    def name(self) -> str:
        """Place, algorithm, label, encoder, number of the shop and of its log, and seed."""
        parts = [self.place, self.spec.name, self.spec.label, self.encoder, self.numbers, f"seed{self.seed}"]
        return ".".join(part for part in parts if part)

    @property
    def numbers(self) -> str:
        """`replicate3.log1`; empty of the first shop's first log."""
        numbered = {"replicate": self.replicate, "log": self.log}
        return ".".join(f"{kind}{number}" for kind, number in numbered.items() if number)

    @property
    def home(self) -> Hashable:
        """The shop: valuing it, and playing its log, is done once by the worker that has it."""
        return self.place, self.replicate

    @property
    def like(self) -> tuple[Hashable, ...]:
        """The same row on other replicates, on other places; rows that are trained, or are not."""
        row = (self.spec.id, self.spec.label, self.encoder)
        return (self.place, *row), row, self.is_trained

    @property
    def usual_seconds(self) -> float | None:
        """See `costs`; None where nobody knows how long it trains."""
        if not self.is_trained:
            return costs.NOT_TRAINED
        return None if self.steps == "plateau" else costs.seconds_of(self.spec.id, self.steps, self.trainings)

    @property
    def usual_bytes(self) -> float:
        """See `costs`."""
        return costs.bytes_of(self.trainings)

    @property
    def trainings(self) -> int:
        """How many it takes: a frontier is held against that of another one, on shuffled rewards."""
        return self.is_trained + (self.is_trained and FRONTIER in self.asks_for and not self.is_control)

    @property
    def is_trained(self) -> bool:
        """Whether it is an algorithm: neither a policy that needs no training nor a row that no suite names."""
        from ....training import ALGORITHMS

        return self.spec.id in ALGORITHMS

    @property
    def estimates_all(self) -> bool:
        """Whether every policy is estimated from the log, and not the headline alone."""
        return self.suite.estimate == "all" or self.source.task is None

    @property
    def seeds(self) -> tuple[int, ...]:
        """The training seeds of its replicate."""
        return seeds_of(self.suite, self.replicate)

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
    def asks_to_stay(self) -> bool:
        """Whether the row itself has a form that stays with the log: then a baseline stays too."""
        return bool(self.spec.form) and parse_form(self.spec.form).name in (*REWEIGHTED_FORMS, FRONTIER)

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
    def is_control(self) -> bool:
        """Whether it is there to be held against another row: it has no control of its own."""
        return self.spec.shuffle_rewards or CONTROL in self.spec.label.split("/")

    @property
    def is_learner(self) -> bool:
        """Whether it learns Q of all actions, and is neither a baseline nor a control: what `frontier-best` may
        choose."""
        from ....training import ALGORITHMS
        from ....training.algorithm_config import ValueConfig

        if self.spec.id not in ALGORITHMS or self.spec.retrieve or self.is_control:
            return False
        config = ALGORITHMS[self.spec.id]
        return issubclass(config, ValueConfig) and not config.is_baseline

    @property
    def trained_together(self) -> bool:
        """Whether its loop trains all seeds in one pass."""
        # Shuffled rewards are another log for each seed.
        return self.is_trained and not self.spec.shuffle_rewards and self.loop == "ensemble"

    @property
    def settings(self) -> dict[str, Any]:
        """The suite's, the source's and the algorithm's; files go by their names: `content` says what is in them."""
        suite = run_id_settings(self.suite.model_dump(mode="json", exclude=NO_SETTINGS))
        # Logs on which nothing is credited keep theirs too: what a decision is, `content` says where it was chosen.
        hidden = dict.fromkeys(("data", "dataset", "task", "counterpart", "label"), True)
        source = run_id_settings(self.source.model_dump(mode="json", exclude={**hidden, "mdp": set(DECISION_KEYS)}))
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
        parts = [self.place, self.spec.id, FRONTIER_BEST, self.numbers, f"seed{self.seed}"]
        return ".".join(part for part in parts if part)

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
    """Every job of a suite, those of one log together, those that read the trainings of others last. Policies without
    training run once a log, on the first seed.

    Args:
        suite: what to run.
        device: where to train.
        contents: of the sources of all replicates (see `replicates_of`), in their order; None leaves them open.

    Raises:
        InputError: two sources, or two algorithms, that nothing tells apart.
    """
    jobs: list[TrainingJob] = []
    choices: list[ChoiceJob] = []
    specs, replicates = labelled(suite.algorithms), replicates_of(suite)
    contents = contents or [NOTHING] * len(replicates)
    files = {spec.id: identity(spec) for spec in specs}
    choices_made = choices_of(suite)
    for shop, content in zip(replicates, contents, strict=True):
        of_log = [
            TrainingJob(
                suite=suite,
                source=shop.source,
                place=shop.place,
                replicate=shop.replicate,
                log=shop.log,
                content=content,
                device=device,
                spec=with_choice(spec, shop.place, choices_made),
                seed=seed,
                file_sha256=files.get(spec.id, ""),
            )
            for spec in [*_fixed(suite, shop), *specs]
            for seed in (shop.seeds[:1] if spec.id in POLICIES or spec in UNTRAINED else shop.seeds)
        ]
        jobs += of_log
        if FRONTIER_BEST in of_log[0].asks_for:
            choices += _choices(of_log, shop.seeds)
    return [*jobs, *choices]


def _fixed(suite: Suite, shop: Replicate) -> list[AlgorithmSpec]:
    """Rows that every log of its kind has. The reference is a shop's, whatever is logged there."""
    fixed = [BEHAVIOUR]
    if shop.source.counterpart:
        fixed.append(COUNTERPART)
    if shop.source.task and suite.normalise and shop.log == 0:
        fixed.append(REFERENCE)
    return fixed


SHARED = ("suite", "source", "place", "replicate", "log", "content", "device")
"""What all jobs on one log have in common."""


def _choices(jobs: Sequence[TrainingJob], seeds: Sequence[int]) -> list[ChoiceJob]:
    """One a seed; controls are not chosen among."""
    found = []
    for seed in seeds:
        learners = tuple(job for job in jobs if job.seed == seed and job.is_learner)
        if learners:
            first = learners[0]
            shared = {name: getattr(first, name) for name in SHARED}
            found.append(ChoiceJob(**shared, seed=seed, learners=learners))
    return found


def batches(jobs: Sequence[TrainingJob]) -> list[tuple[TrainingJob, ...]]:
    """The jobs as a worker takes them: one by one, or all seeds of a row where its loop trains them in one pass."""

    def row(job: TrainingJob) -> TrainingJob | tuple[TrainingJob, int]:
        return replace(job, seed=0) if job.trained_together else (job, job.seed)

    return [tuple(group) for _, group in groupby(jobs, row)]
