"""Sizes of a suite: the same rows on fewer shops, with fewer steps, or on shops of their own; `[sizes.smoke]`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from ..errors import UnknownNameError
from .bounds import MOST_EPISODES, MOST_LOGS, MOST_REPLICATES, MOST_SEEDS

if TYPE_CHECKING:
    from .config import Suite

Thing = TypeVar("Thing")
OF_SUITE = ("replicates", "logs", "seeds", "steps", "fqe_steps", "n_resamples", "truth_error")
"""Keys that a size may set as the suite has them."""


class Size(BaseModel):
    """What a size of a suite has other than the suite; what it leaves out is the suite's. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    replicates: int | None = Field(default=None, ge=1, le=MOST_REPLICATES)
    """Shops a task."""
    logs: int | None = Field(default=None, ge=1, le=MOST_LOGS)
    """Logs a shop."""
    seeds: list[Annotated[int, Field(ge=0)]] | None = Field(default=None, min_length=1, max_length=MOST_SEEDS)
    """Training seeds a log."""
    steps: int | None = Field(default=None, ge=1)
    """Training steps, of every source."""
    fqe_steps: int | None = Field(default=None, ge=1)
    """Steps of fitted Q evaluation."""
    n_resamples: int | None = Field(default=None, ge=100)
    """Bootstrap resamples."""
    truth_error: float | None = Field(default=None, gt=0.0)
    """Standard error of a true value, relative to the behaviour policy's."""
    episodes: int | None = Field(default=None, ge=10, le=MOST_EPISODES)
    """Episodes of every task's log."""
    task_seed: int | None = None
    """The first shop of every task: shops that the suite itself never saw."""
    sources: list[str] | None = Field(default=None, min_length=1)
    """Places of the suite to keep, as tables call them."""
    algorithms: list[str] | None = Field(default=None, min_length=1)
    """Rows of the suite to keep, by id, or by id and label: `dqn/gamma-0`."""


def sized(suite: Suite, name: str) -> Suite:
    """A suite in one of its sizes. It is called `<suite>-<size>`, so that its rows pass for nobody else's.

    Args:
        suite: as its file says.
        name: one of its sizes.

    Raises:
        UnknownNameError: it has no such size, or the size names a source or row that it has not.
    """
    from .labels import places

    if name not in suite.sizes:
        raise UnknownNameError("size", name, suite.sizes, where=suite.name)
    size = suite.sizes[name]
    rows = ["/".join(filter(None, (spec.name, spec.label))) for spec in suite.algorithms]
    sources = _kept("source", suite.sources, places(suite.sources), size.sources)
    changes: dict[str, Any] = {key: getattr(size, key) for key in OF_SUITE if getattr(size, key) is not None}
    changes |= {"sources": [source.model_copy(update=_of_source(size, source.task)) for source in sources]}
    changes |= {"algorithms": _kept("row", suite.algorithms, rows, size.algorithms)}
    return suite.model_copy(update=changes | {"name": f"{suite.name}-{name}", "sizes": {}})


def _of_source(size: Size, task: str | None) -> dict[str, Any]:
    changes: dict[str, Any] = {} if size.steps is None else {"steps": None}
    if task:
        changes |= {key: getattr(size, key) for key in ("episodes", "task_seed") if getattr(size, key) is not None}
    return changes


def _kept(kind: str, things: Sequence[Thing], names: Sequence[str], wanted: Sequence[str] | None) -> list[Thing]:
    for name in wanted or ():
        if name not in names:
            raise UnknownNameError(kind, name, names)
    return [thing for thing, name in zip(things, names, strict=True) if wanted is None or name in wanted]
