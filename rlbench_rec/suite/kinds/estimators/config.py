"""What an estimator suite says: tasks, estimators, sizes of the log, and how many logs of each size."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ....evaluation.q_models import SuiteQ
from ...bounds import MOST_EPISODES, MOST_SEEDS
from ...config import LABEL, STRATUM, AnySuite, TaskParameters, task_name

Group = Literal["matched", "mismatched"]


class TaskSource(BaseModel):
    """One shop. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: str
    """Task id, or the .json file of a calibrated shop."""
    task_seed: int = Field(default=0, ge=0)
    """Fixes the shop."""
    variant: Literal["train", "judge"] | None = None
    """The shop to choose on, the one to judge on, or the one with default parameters."""
    stratum: str | None = Field(default=None, pattern=STRATUM)
    """A named set of the task's parameters: `easy` (the same as none), `real`, ... (see `rlbench tasks show`)."""
    task_config: TaskParameters = {}
    """Overrides of the task's parameters."""
    logging: str = "behaviour"
    """The policy that logs: `behaviour`, or one of the task's behaviour policies."""
    matched: list[str] = ["careless", "myopic-mild", "myopic-firm"]
    """Target policies that look at what the behaviour policy looks at."""
    mismatched: list[str] = ["worst", "poor", "between", "farsighted-loose", "farsighted-firm", "farsighted-greedy"]
    """Target policies that look at something else."""

    label: str = Field(default="", pattern=LABEL)
    """What sets it apart from another source of the same name; part of what tables call it. Without labels they show
    the settings that differ."""

    @model_validator(mode="after")
    def _two_policies(self) -> TaskSource:
        names = [*self.matched, *self.mismatched]
        if len(set(names)) != len(names) or len(names) < 2:
            raise ValueError("name two or more target policies, each once")
        return self

    @property
    def name(self) -> str:
        """What tables call it."""
        return task_name(self.task, self.stratum)

    @property
    def groups(self) -> dict[str, Group]:
        """Target policy -> its group."""
        matched: dict[str, Group] = dict.fromkeys(self.matched, "matched")
        mismatched: dict[str, Group] = dict.fromkeys(self.mismatched, "mismatched")
        return matched | mismatched


class EstimatorSuite(AnySuite):
    """Everything that the scores of estimators depend on."""

    kind: Literal["estimators"]
    """What sets the file apart from a suite of algorithms."""
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    """Names the default output folder."""
    description: str = ""
    """One sentence for `rlbench list suites`."""
    sources: list[TaskSource] = Field(min_length=1)
    """The shops."""
    estimators: list[str] = Field(default=["ips", "snips", "dm", "dr", "sndr"], min_length=1)
    """Off-policy estimators, by id."""
    q: SuiteQ = "linear"
    """The q of the doubly robust estimators and `dm`: `linear`, fast and wrong in its shape; or `auto`, the one that
    suites of algorithms take by default. With `auto` the answer is about the rows of their runs.csv."""
    fqe_steps: int = Field(default=500, ge=1)
    """Steps of fitted Q evaluation per fold, where q is `auto` and the log is sequential."""
    batch_size: int = Field(default=256, ge=1)
    """Rows a step of fitted Q evaluation, likewise."""
    episodes: list[int] = Field(default=[1_000, 10_000, 100_000], min_length=1)
    """Sizes of the logs."""
    logs: list[int] = Field(default=[20, 10, 3], min_length=1)
    """How many logs of each size, in the same order; their seeds are 1, 2, …"""
    interval: Literal["bootstrap", "normal"] = "normal"
    """How the intervals are made."""
    truth_error: float = Field(default=0.005, gt=0.0, le=1.0)
    """Standard error of a true value, relative to the behaviour policy's."""

    @model_validator(mode="after")
    def _as_many_logs_as_sizes(self) -> EstimatorSuite:
        if len(self.logs) != len(self.episodes):
            raise ValueError(f"{len(self.episodes)} sizes but {len(self.logs)} numbers of logs")
        if min(self.episodes) < 10 or min(self.logs) < 1:
            raise ValueError("a log has 10 episodes or more, and there is at least one of each size")
        if max(self.episodes) > MOST_EPISODES or max(self.logs) > MOST_SEEDS:
            raise ValueError(
                f"a log has at most {MOST_EPISODES:,} episodes, and there are at most {MOST_SEEDS:,} per size"
            )
        return self

    def with_seeds(self, number: int) -> EstimatorSuite:
        """The same suite with this many logs of each size."""
        return self.model_copy(update={"logs": [number] * len(self.episodes)})
