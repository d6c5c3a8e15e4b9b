"""FitOptions: how a training runs, whatever it learns from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..errors import InputError


@dataclass(frozen=True)
class FitOptions:
    """The options that the trainings of one call share; see `fit`.

    Raises:
        InputError: a number out of range.
    """

    loop: str = "tensor"
    encoder: str = "mlp"
    steps: int = 2_000
    batch_size: int = 256
    device: str = "auto"
    config: Mapping[str, object] | None = None
    validation: float = 0.1
    eval_every: int | None = None
    progress: Callable[[int, int], None] | None = None

    def __post_init__(self) -> None:
        for name, value in (("steps", self.steps), ("batch_size", self.batch_size), ("eval_every", self.stride)):
            if value < 1:
                raise InputError(f"{value}; at least 1 is needed.", where=name)
        if not 0.0 <= self.validation < 1.0:
            raise InputError(f"The share is {self.validation}; it must lie in [0, 1).", where="validation")

    @property
    def stride(self) -> int:
        """Steps between points of the learning curve."""
        return max(1, self.steps // 20) if self.eval_every is None else self.eval_every
