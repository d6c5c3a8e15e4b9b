"""Spaces: which settings of an algorithm are tried, and between which values."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

Settings = dict[str, Any]
"""Name -> value, of what a trial sets."""
FORM = "form"
"""The setting that says which policy is made of scores."""
FORM_PARAMETERS = ("softmax", "tilted")
"""Settings that are parameters of the form of the same name: a softmax's temperature, in units of the return's
standard deviation; how far a tilted policy goes from the behaviour policy, in nats a session."""
FORMS = ("greedy", "stochastic", *FORM_PARAMETERS)
"""Values of that setting: what a search may make of scores."""
BETWEEN = 0.382
"""Share of a range, neither its middle nor a round one."""
DIGITS = 4
"""Significant digits of a drawn number: what is chosen is read and written by people."""


class Range(BaseModel):
    """Numbers between two ends, both of them included."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    low: float
    """The least."""
    high: float
    """The greatest."""
    log: bool = False
    """Whether each factor, and not each difference, is as likely as any other of its size."""
    whole: bool = False
    """Whether only whole numbers count."""

    @model_validator(mode="after")
    def _ends_in_order(self) -> Range:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError("low must be below high, and both finite")
        if self.log and self.low <= 0:
            raise ValueError("low must be above 0 on a log scale")
        if self.whole and (self.low != int(self.low) or self.high != int(self.high)):
            raise ValueError("low and high of whole numbers must be whole")
        return self

    def settled(self, value: float) -> int | float:
        """A drawn number as it is used: whole, or of few digits, and between the ends."""
        value = int(value) if self.whole else float(f"{value:.{DIGITS}g}")
        return min(max(value, int(self.low) if self.whole else self.low), int(self.high) if self.whole else self.high)

    def some(self) -> list[int | float]:
        """Both ends, and a number between them that is whole where all are."""
        return [self.settled(self.low + share * (self.high - self.low)) for share in (0.0, BETWEEN, 1.0)]


Values = Annotated[list[Any], Field(min_length=1)]
"""Values that are tried, each as it stands."""


@dataclass(frozen=True)
class Space:
    """The settings of one algorithm on one source.

    Attributes:
        settings: name -> a range, or the values that are tried.
        defaults: name -> what an algorithm has where nothing is set, as far as that is a value.
    """

    settings: Mapping[str, Range | list[Any]] = field(default_factory=dict)
    defaults: Settings = field(default_factory=dict)

    def count(self, most: int) -> int | None:
        """How many distinct settings there are, the defaults among them; None where there are more than `most`: a few
        lists of values have millions."""
        if any(isinstance(values, Range) and not _is_short(values, most) for values in self.settings.values()):
            return None
        found = sum(1 for _ in itertools.islice(self.all(), most + 1))
        return found if found <= most else None

    def all(self) -> Iterator[Settings]:
        """All distinct settings, the defaults first: those are {}, whatever they are."""
        lists = [_listed(values) for values in self.settings.values()]
        seen = [self.active(self.defaults)]
        yield {}
        for values in itertools.product(*lists):
            settings = self.active(dict(zip(self.settings, values, strict=True)))
            # Values may be lists, which no set takes.
            if settings and settings not in seen:
                seen.append(settings)
                yield settings

    def active(self, settings: Settings) -> Settings:
        """The settings without the parameters of forms that were not chosen."""
        form = settings.get(FORM)
        return {
            name: value
            for name, value in settings.items()
            if name in self.settings and (name not in FORM_PARAMETERS or name == form)
        }


def _is_short(values: Range, most: int) -> bool:
    return values.whole and not values.log and values.high - values.low < most


def _listed(values: Range | list[Any]) -> list[Any]:
    return list(range(int(values.low), int(values.high) + 1)) if isinstance(values, Range) else values
