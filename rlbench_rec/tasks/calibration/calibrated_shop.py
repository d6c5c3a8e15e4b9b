"""The shop that a calibration makes: `recommend` with the items of the log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar

import numpy as np
from pydantic import Field, model_validator

from ...arguments import path_of
from ...errors import InputError
from ...files import write_text
from ...parsing import read_json
from ..base import Task
from ..expected_outcomes import ExpectedOutcomes
from ..shops.recommend import NOISE_STREAM, Recommend
from ..shops.shared.draws import standardised, standardised_ranks
from ..shops.shared.products import Catalogue
from .visits_by_kind import CalibratedSimulator, VisitConfig

KIND = "rlbench-shop"
SUFFIX = ".json"
QUALITY_STREAM = 2
"""Keeps the items' quality apart from the draws of `recommend` itself, of the same seed."""


class ShopConfig(VisitConfig):
    """Parameters of `recommend`, how visits differ, and the items of the log."""

    source: str
    """The data set that it was fitted to."""
    names: list[str] = Field(min_length=2)
    """What the log calls the items."""
    groups: list[int] = Field(min_length=2)
    """Group of each item: what users are after is a group."""
    appeal: list[float] = Field(min_length=2)
    """Log-odds that each item adds to a click."""
    draw: int = Field(default=0, ge=0)
    """Number of the draw of what the log cannot tell: with the seed it fixes quality and the rankers' errors."""

    @model_validator(mode="after")
    def _one_of_each_an_item(self) -> ShopConfig:
        if not len(self.names) == len(self.groups) == len(self.appeal) == self.items:
            raise ValueError(f"names, groups and appeal need an entry for each of {self.items} items")
        if not all(0 <= group < self.categories for group in self.groups):
            raise ValueError(f"groups lie in 0 to {self.categories - 1}")
        if not np.isfinite(self.appeal).all():
            raise ValueError("appeal has NaN or infinity")
        if self.loyalty and not (len(self.loyalty) == self.categories and np.isfinite(self.loyalty).all()):
            raise ValueError(f"loyalty needs a finite number for each of {self.categories} groups, or none")
        if self.candidates:
            raise ValueError("candidates: in a calibrated shop every item is an action")
        for name, kinds in (("habits", self.habits), ("dayparts", self.dayparts)):
            if kinds and not sum(kind.share for kind in kinds) > 0.0:
                raise ValueError(f"the shares of {name} are all 0")
        return self


class CalibratedShop(Recommend):
    """`recommend-v1` with items, groups of interest, visits and rates of one shop's log; see there for the equations.

    Beyond those of `recommend-v1`, with k the user's habit, d the part of the day and c the category of the item shown:

        P(leave)  : leave_base + leaving of k + leaving of d in place of leave_base
        P(click)  : max(interest + loyalty_c, 0) in place of interest
        at start  : with probability `returning` the shop remembers a click on a group, which is the user's own with
                    probability `return_same`, else any (m of that group is 1 - click_expected)
        state     : followed by the part of the day, one-hot, where there are any

    Appeal, groups, rates, drift and how visits differ are the log's, given what was assumed or drawn of what a choice
    log cannot tell: click rate, quality, engagement, satiation and the ranker that was in service. `draw` and the seed
    fix the quality of the items and the rankers' errors.
    """

    id = "calibrated"
    version = 1
    Config: ClassVar[type[ShopConfig]] = ShopConfig
    simulator_class: ClassVar[type[CalibratedSimulator]] = CalibratedSimulator
    config: ShopConfig
    strata: ClassVar = Task.strata

    def __init__(self, config: ShopConfig, seed: int = 0):
        super().__init__(config, seed)
        self.id = shop_id(config.source)
        appeal = np.array(config.appeal)
        rng, scaled = np.random.default_rng(self._stream(QUALITY_STREAM)), standardised(appeal)
        # What is left of an even spread beside the appeal; the rest is `bait`, as in `make_catalogue`.
        other = standardised_ranks(rng, config.items)
        other = standardised(other - scaled * (scaled @ other) / config.items)
        quality = -config.bait * scaled + np.sqrt(1.0 - config.bait**2) * other
        self.catalogue = Catalogue(
            np.array(config.groups),
            appeal.astype(np.float32),
            quality.astype(np.float32),
            self.catalogue.price,
        )
        self.action_names = tuple(config.names)
        self.observation_names += tuple(f"daypart_{part}" for part in range(len(config.dayparts)))

    def _stream(self, purpose: int) -> tuple[int, ...]:
        return (self.seed, purpose, self.config.draw) if self.config.draw else (self.seed, purpose)

    @property
    def _noise_seed(self) -> tuple[int, ...]:
        return self._stream(NOISE_STREAM)

    def expected_outcomes(self) -> ExpectedOutcomes | None:
        """As `recommend-v1`, where all visits are alike; else None, and policies are played."""
        c = self.config
        return None if c.loyalty or c.dayparts or c.returning else super().expected_outcomes()

    @property
    def observation_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        parts, at = np.zeros(len(self.config.dayparts), np.float32), 2 * self.config.categories + 3
        low, high = super().observation_bounds
        return np.insert(low, [at] * len(parts), parts), np.insert(high, [at] * len(parts), parts + 1.0)


def shop_id(source: str) -> str:
    """The id of the shop that was fitted to a data set."""
    return f"{source}-shop"


def write_shop(config: ShopConfig, path: str | Path) -> None:
    """Save a shop as JSON, whole or not at all.

    Raises:
        InputError: the name does not end in .json.
        OutputError: it cannot be written.
    """
    path = path_of(path, "path")
    if path.suffix != SUFFIX:
        raise InputError("A shop is kept in a .json file.", where=str(path))
    write_text(
        path, json.dumps({"kind": KIND, "version": 1, "config": config.model_dump(mode="json")}, indent=1) + "\n"
    )


def read_shop(path: str | Path) -> dict[str, object]:
    """The config fields of a saved shop.

    Raises:
        MissingFileError: there is no such file.
        InputError: it is not a calibrated shop.
    """
    hint = "Make one with `rlbench tasks calibrate`."
    content = read_json(path_of(path, "path"), "shop", hint)
    try:
        if content["kind"] == KIND and content["version"] == 1:
            return dict(content["config"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("This is not a calibrated shop.", where=str(path), hint=hint) from error
    raise InputError("This is not a calibrated shop of this version.", where=str(path), hint=hint)
