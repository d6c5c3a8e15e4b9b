"""What to run: a suite is a TOML file of sources, algorithms, seeds and estimators."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ..arguments import path_of
from ..errors import InputError, MissingFileError, UnknownNameError
from ..evaluation.q_models import SuiteQ
from ..mdp.config import MDPConfig
from ..packaged import packaged
from ..parsing import read_toml, validated
from ..toml_places import at, lines_of_file
from .bounds import MOST_EPISODES, MOST_LOGS, MOST_REPLICATES, MOST_SEEDS
from .sizes import Size

if TYPE_CHECKING:
    from .kinds.estimators.config import EstimatorSuite


LABEL = r"^[A-Za-z0-9._-]*$"
STRATUM = r"^[a-z][a-z0-9-]*$"


def _parameters_alone(config: dict[str, Any]) -> dict[str, Any]:
    for name in ("seed", "variant", "stratum", "task_id"):
        if name in config:
            raise ValueError(
                f"'{name}' is not a parameter of a task; write task_seed, variant, stratum and task beside task_config"
            )
    return config


TaskParameters = Annotated[dict[str, Any], AfterValidator(_parameters_alone)]
"""Overrides of a task's parameters, by name."""


def _number_or_plateau(value: object) -> object:
    if value == "plateau" or (isinstance(value, int) and not isinstance(value, bool) and value >= 1):
        return value
    raise ValueError("give a whole number greater than or equal to 1, or 'plateau'")


Steps = Annotated[int | Literal["plateau"], BeforeValidator(_number_or_plateau)]
"""Of training: so many, or until held-out scores have stopped improving."""


class SavedBehaviour(BaseModel):
    """The behaviour policy of a log, as a saved run. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    run: str
    """Folder of the run: models/<run id> of a suite's results, or what `Run.save` wrote."""
    form: str
    """The policy form that was in service: `softmax-0.3`, say."""
    checkpoint: Literal["last", "best"] = "last"
    """Which of the run's checkpoints."""


class Source(BaseModel):
    """One log to learn from: a data set, or a task with a known answer. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dataset: str | None = None
    """Card id, `id/variant`, or path of a card."""
    task: str | None = None
    """Task id, or the .json file of a calibrated shop. Exactly one of `dataset` and `task` is given."""
    data: str | None = None
    """File or folder of the raw log; None takes what the card ships or points to."""
    counterpart: str | None = None
    """The log that another policy made in the same shop at the same time (a card id): that policy is evaluated on this
    log too, and its own click rate is the truth to compare with."""
    counterpart_by: str = "position"
    """Prefix of the observation columns that the counterpart's policy depends on; "" for none."""
    behaviour: SavedBehaviour | None = None
    """The policy that made the log of a data set, where it is saved: it gives the probabilities of all actions, which
    must agree with the logged propensities. None takes what the log itself carries."""
    mdp: MDPConfig = MDPConfig()
    """How a data set becomes decisions."""
    episodes: int = Field(default=10_000, ge=10, le=MOST_EPISODES)
    """Episodes to log in a task."""
    task_seed: int = 0
    """Fixes a task's shop; of the first replicate."""
    log_seed: int | None = Field(default=None, ge=0)
    """Of a task's log; of the first replicate. None follows the shop: task_seed + 1."""
    variant: Literal["train", "judge"] | None = None
    """The shop to choose hyper-parameters on, the one to judge on, or the one with default parameters."""
    stratum: str | None = Field(default=None, pattern=STRATUM)
    """A named set of the task's parameters: `easy` (the same as none), `real`, ... (see `rlbench tasks show`)."""
    task_config: TaskParameters = {}
    """Overrides of a task's parameters."""
    steps: Steps | None = None
    """Training steps on this source, of the model of the behaviour policy too; None takes the suite's."""
    forms: list[str] | None = None
    """Policy forms over Q on this source; None takes the suite's. The scale of a softmax is the scale of rewards."""
    metrics: list[str] = []
    """Further outcomes to value, beside the reward."""
    label: str = Field(default="", pattern=LABEL)
    """What sets it apart from another source of the same name; part of what tables call it. Without labels they show
    the settings that differ."""

    @model_validator(mode="after")
    def _one_of_dataset_and_task(self) -> Source:
        if (self.dataset is None) == (self.task is None):
            raise ValueError("give exactly one of dataset and task")
        if self.behaviour is not None and self.task is not None:
            raise ValueError("a task knows its behaviour policy; leave behaviour out")
        if self.stratum is not None and self.task is None:
            raise ValueError("a data set has no strata; leave stratum out")
        return self

    @property
    def name(self) -> str:
        """What tables call it: the card's id or file name (never its folder), with the variant; or the task's name
        with the stratum."""
        if self.task:
            return task_name(self.task, self.stratum)
        return dataset_name(self.dataset or "")


LogKind = Literal["history", "one-step", "exposures", "choices", "propensities"]
"""What a row of a suite may ask of a log."""


class AlgorithmSpec(BaseModel):
    """One row of the board: a policy that needs no training loop, or an algorithm. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    """A policy's or an algorithm's id, or `file:` and the path of a file of recommendations."""
    label: str = Field(default="", pattern=LABEL)
    """What sets it apart from the plain algorithm (`gamma-0`); part of the variant. Rows that differ without a label
    show the settings in which they do."""
    encoder: str | None = None
    """Encoder id; None: the algorithm's own, `mlp` of most."""
    config: dict[str, Any] = {}
    """Overrides of the algorithm's config, or of the policy's parameters."""
    form: str = ""
    """Policy form over Q in place of the suite's and the source's softmax and epsilon-greedy, greedy always beside it;
    empty for theirs."""
    shuffle_rewards: bool = False
    """Train on the log's rewards in random order: a control that sees who stays and who leaves, but not what pays."""
    sequential_only: bool = False
    """Skip it on one-step logs, where it would be the plain algorithm again (the gamma = 0 control, say)."""
    retrieve: str = ""
    """A policy's id: the algorithm chooses among the items that this policy ranks highest. Empty: among all."""
    candidates: int = Field(default=100, ge=2)
    """How many it retrieves."""
    retrieve_config: dict[str, Any] = {}
    """Overrides of its parameters."""
    only_on: LogKind | list[LogKind] | None = None
    """Skip it on every other log: run it where states show a `history`, where every session is one decision
    (`one-step`), where the system chose the items (`exposures`) or users did (`choices`), or where the log has its
    `propensities`; where all of these hold that a list names. None: everywhere."""

    @property
    def name(self) -> str:
        """What tables call it: the id, of a file without its folder, whose name can be a person's."""
        kind, _, path = self.id.partition(":")
        return f"file:{Path(path).name}" if kind == "file" and path else self.id


class AnySuite(BaseModel):
    """What every kind of suite may say of its run. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    plugins: list[Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")]] = []
    """Modules that register algorithms, policies, tasks, ... of your own (see docs/extending/README.md)."""
    job_timeout: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Seconds after which a job is ended, and counts as failed; None lets it take its time. Changes no number."""


class Suite(AnySuite):
    """Everything a run depends on, apart from the data."""

    kind: Literal["algorithms"] = "algorithms"
    """What sets the file apart from a suite of estimators."""
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    """Names the rows and the default output folder."""
    description: str = ""
    """One sentence for `rlbench run --help` and the report."""
    sources: list[Source] = Field(min_length=1)
    """Logs to learn from and to evaluate on."""
    algorithms: list[AlgorithmSpec] = Field(min_length=1)
    """What is compared."""
    seeds: list[Annotated[int, Field(ge=0)]] = Field(default=[0, 1, 2], min_length=1, max_length=MOST_SEEDS)
    """One training run per seed."""
    replicates: int = Field(default=1, ge=1, le=MOST_REPLICATES)
    """Shops of every task, each with a log and training seeds of its own. Data sets have one."""
    logs: int = Field(default=1, ge=1, le=MOST_LOGS)
    """Logs of every shop: with several the variance can be split into that of shops, logs and training."""
    estimators: list[str] = ["snips", "dr"]
    """Off-policy estimators, by id."""
    forms: list[str] = ["greedy", "softmax-0.3"]
    """Policy forms over Q: `greedy`, `softmax-<tau>`, `epsilon-greedy-<epsilon>`. The last is the headline: it, and
    `greedy`, are also reported for the best checkpoint."""
    loop: str = "tensor"
    """Training loop; a row that it cannot train, or no faster, takes the next of `ensemble`, `lean`, `tensor`.
    `ensemble` trains all seeds of a row in one pass of one worker."""
    steps: Steps = 2_000
    """Training steps; `plateau`: until held-out scores have stopped improving (see docs/training.md)."""
    batch_size: int = Field(default=256, ge=1)
    """Rows a step of every training: of algorithms, of the model of the behaviour policy, of fitted Q evaluation."""
    q: SuiteQ = "auto"
    """The q of the doubly robust estimators and `dm`. `auto`: fitted Q evaluation by a network on sequential logs, a
    reward model on one-step logs. `linear`: fitted Q evaluation by a linear function, everywhere."""
    validation: float = Field(default=0.25, gt=0.0, lt=1.0)
    """Share of the training side's episodes, the last ones, that no training sees: the best checkpoint and the frontier
    are chosen there."""
    fqe_steps: int = Field(default=500, ge=1)
    """Steps of fitted Q evaluation per fold, where q is that."""
    n_resamples: int = Field(default=1_000, ge=100)
    """Bootstrap resamples."""
    confidence: float = Field(default=0.95, gt=0.5, lt=1.0)
    """Level of every interval."""
    truth_error: float = Field(default=0.02, gt=0.0)
    """Standard error of a true value, relative to the behaviour policy's."""
    estimate: Literal["all", "headline"] = "all"
    """Of tasks, whose truths are known anyway: which policies are estimated from the log too. `headline`: of an
    algorithm the headline form of the last checkpoint, and by weights alone, without q, what stays with the log."""
    normalise: bool = False
    """Also value tasks on the scale 0 = behaviour policy, 100 = reference policy (see docs/suites.md)."""
    tuned: str = ""
    """Folder of `rlbench tune`, from the working folder or of those that come with the package: what it chose on a
    source for an algorithm fills what the algorithm's `config` and `form` leave open."""
    tuned_by: Literal["estimate", "truth"] = "estimate"
    """Which of its two choices: by what a user would have, or by the true value in the shop that was tuned on."""
    ranking_top_k: Literal[5, 10, 20] = 10
    """k of the imitation metrics HR@k and NDCG@k on choice logs."""
    sizes: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")], Size] = {}
    """What `rlbench run SUITE --size NAME` changes, by name; see `suite.sizes`."""

    def with_seeds(self, number: int) -> Suite:
        """The same suite with this many seeds."""
        return self.model_copy(update={"seeds": list(range(number))})


def dataset_name(dataset: str) -> str:
    """What tables call a data set: its card's id, or the file name of the card without its folder; with the variant."""
    folders, dot, rest = dataset.partition(".toml")
    return f"{Path(folders).name}{rest}" if dot else folders


def task_name(task: str, stratum: str | None = None) -> str:
    """What tables call a task: its id, or the file name of a calibrated shop without its folder; with the stratum,
    unless it is the easy one."""
    name = Path(task).stem if task.endswith(".json") else task
    return name if stratum in (None, "easy") else f"{name}/{stratum}"


def config_hash(config: Any) -> str:
    """First 12 hex digits of the SHA-256 of plain JSON values, keys sorted."""
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()[:12]


def suites_folder() -> Path:
    """Where the suites that come with the package live."""
    return packaged("suites", checkout="benchmarks")


def list_suites() -> list[str]:
    """Names of the suites that come with the package."""
    return sorted(path.stem for path in suites_folder().glob("*.toml"))


def load_suite(name_or_path: str | Path) -> Suite | EstimatorSuite:
    """A suite by name, or by the path of a TOML file; one with `kind = "estimators"` scores estimators.

    Raises:
        UnknownNameError, MissingFileError: no such suite or file.
        InputError: the file is not a suite, naming the field.
    """
    path_of(name_or_path, "name_or_path", "the name of a suite, or a path")
    name = str(name_or_path)
    is_path = name.endswith(".toml") or isinstance(name_or_path, Path)
    path = Path(name_or_path) if is_path else suites_folder() / f"{name}.toml"
    if not is_path and name not in list_suites():
        raise UnknownNameError("suite", name, list_suites())
    if not path.is_file():
        raise MissingFileError("There is no such suite file.", where=str(path), hint="Give a .toml file or a name.")
    from .kinds.estimators.config import EstimatorSuite

    kinds: dict[str, type[Suite] | type[EstimatorSuite]] = {"algorithms": Suite, "estimators": EstimatorSuite}
    content = read_toml(path, "suite")
    kind = content.get("kind", "algorithms")
    if not isinstance(kind, str) or kind not in kinds:
        with lines_of_file(path), at("kind"):
            raise InputError(f"kind: {kind!r} is neither of {' and '.join(kinds)}.")
    return validated(content, kinds[kind], str(path), "See docs/suites.md for the keys.")
