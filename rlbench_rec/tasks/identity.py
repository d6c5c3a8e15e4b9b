"""What a simulated shop is: the name under which references, true values and jobs are kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel
from pydantic_core import to_jsonable_python


@dataclass(frozen=True)
class TaskIdentity:
    """Two tasks with equal identities are the same shop, on every machine.

    It holds what a shop is made from, but not the source code: a change of code that changes a shop raises its version,
    and the golden rollouts of the tests enforce that.

    Attributes:
        id: `Task.id`: with its version, or `<source>-shop` for a calibrated shop, wherever its file lies.
        version: `Task.version`.
        seed: the argument of `make`.
        variant: `train`, `judge` or None.
        config: every parameter, as JSON with sorted keys; of a calibrated shop the items too.
        overrides: the parameters that `make` was asked for, likewise. For labels: `config` has them too.
        stratum: the name of the parameters that it starts from; None: the defaults. For labels too.
    """

    id: str
    version: int
    seed: int
    variant: str | None
    config: str
    overrides: str = field(default="{}", compare=False)
    stratum: str | None = field(default=None, compare=False)

    @property
    def digest(self) -> str:
        """First 16 hex digits of the SHA-256 of everything that is compared."""
        content = [self.id, self.version, self.seed, self.variant, self.config]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]

    @property
    def label(self) -> str:
        """How it differs from the plain task, for people: `recommend-v1/real/judge/seed-3/horizon=20`."""
        overrides = [f"{name}={_short(value)}" for name, value in json.loads(self.overrides).items()]
        seed = [f"seed-{self.seed}"] if self.seed else []
        named = [name for name in (self.stratum, self.variant) if name]
        return "/".join([self.id, *named, *seed, *overrides])


def canonical(values: Mapping[str, object] | BaseModel) -> str:
    """Plain values as JSON with sorted keys."""
    # Overrides may hold what pydantic takes for plain values: models, sets, numpy's numbers.
    plain = to_jsonable_python(
        values, fallback=lambda value: value.tolist() if hasattr(value, "tolist") else str(value)
    )
    return json.dumps(plain, sort_keys=True)


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))
