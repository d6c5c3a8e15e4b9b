"""FitOptions: how a training runs, whatever it learns from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..errors import InputError

if TYPE_CHECKING:
    from .training_run import Run

PLATEAU: Literal["plateau"] = "plateau"
Steps = int | Literal["plateau"]
"""Gradient steps: so many, or until held-out scores have stopped improving."""
Watch = Callable[[Callable[[], "Run"]], None]
"""Called after a point of the learning curve with what makes a run of the training as it stands."""
MOST_STEPS = 50_000
"""Of a training that stops at a plateau."""
PLATEAU_STRIDE = 250
"""Its steps between points of the learning curve."""
PATIENCE = 2_000
"""Steps without a better held-out score than the best before them, after which it stops."""


@dataclass(frozen=True)
class Retrieval:
    """Candidates for an algorithm to choose among: the items that a policy ranks highest.

    Attributes:
        policy: id in `policies.POLICIES`.
        candidates: how many there are in every state.
        config: the policy's parameters.

    Raises:
        InputError: fewer than two candidates.
    """

    policy: str
    candidates: int = 100
    config: Mapping[str, object] | None = None

    def __post_init__(self) -> None:
        if self.candidates < 2:
            raise InputError(f"{self.candidates}; at least 2 are needed.", where="candidates")


@dataclass(frozen=True)
class FitOptions:
    """The options that the trainings of one call share; see `fit`.

    Attributes:
        watch: looks at the first training after every point of its learning curve; what it raises ends the training.

    Raises:
        InputError: a number out of range.
    """

    loop: str = "tensor"
    encoder: str | None = None
    steps: Steps = 2_000
    batch_size: int = 256
    device: str = "auto"
    config: Mapping[str, object] | None = None
    validation: float = 0.1
    eval_every: int | None = None
    progress: Callable[[int, int], None] | None = None
    retrieval: Retrieval | None = None
    watch: Watch | None = None

    def __post_init__(self) -> None:
        if isinstance(self.steps, str) and not self.plateau:
            raise InputError(f"'{self.steps}' is not a number of steps.", where="steps", hint=f"Or give {PLATEAU}.")
        for name, value in (("steps", self.most_steps), ("batch_size", self.batch_size), ("eval_every", self.stride)):
            if value < 1:
                raise InputError(f"{value}; at least 1 is needed.", where=name)
        if not 0.0 <= self.validation < 1.0:
            raise InputError(f"The share is {self.validation}; it must lie in [0, 1).", where="validation")
        if self.plateau and not self.validation:
            what = "Whether training has reached a plateau shows on held-out episodes, and none are held out."
            raise InputError(what, where="steps", hint="Give a share for validation.")

    @property
    def plateau(self) -> bool:
        """Whether training stops by its held-out scores."""
        return self.steps == PLATEAU

    @property
    def most_steps(self) -> int:
        """Steps after which training ends in any case."""
        return MOST_STEPS if isinstance(self.steps, str) else self.steps

    @property
    def stride(self) -> int:
        """Steps between points of the learning curve."""
        usual = PLATEAU_STRIDE if self.plateau else max(1, self.most_steps // 20)
        return usual if self.eval_every is None else self.eval_every
