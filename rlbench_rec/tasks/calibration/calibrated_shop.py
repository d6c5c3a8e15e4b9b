"""The shop that a calibration makes: `recommend` with the items of the log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar

import numpy as np
from pydantic import Field, model_validator

from ...errors import InputError
from ...files import write_text
from ...parsing import read_json
from ..base import Task
from ..shops.recommend import Recommend, RecommendConfig
from ..shops.shared.draws import standardised, standardised_ranks
from ..shops.shared.products import Catalogue

KIND = "rlbench-shop"
SUFFIX = ".json"
QUALITY_STREAM = 2
"""Keeps the items' quality apart from the draws of `recommend` itself, of the same seed."""


class ShopConfig(RecommendConfig):
    """Parameters of `recommend`, and the items of the log."""

    source: str
    """The data set that it was fitted to."""
    names: list[str] = Field(min_length=2)
    """What the log calls the items."""
    groups: list[int] = Field(min_length=2)
    """Group of each item: what users are after is a group."""
    appeal: list[float] = Field(min_length=2)
    """Log-odds that each item adds to a click."""

    @model_validator(mode="after")
    def _one_of_each_an_item(self) -> ShopConfig:
        if not len(self.names) == len(self.groups) == len(self.appeal) == self.items:
            raise ValueError(f"names, groups and appeal need an entry for each of {self.items} items")
        if not all(0 <= group < self.categories for group in self.groups):
            raise ValueError(f"groups lie in 0 to {self.categories - 1}")
        if not np.isfinite(self.appeal).all():
            raise ValueError("appeal has NaN or infinity")
        return self


class CalibratedShop(Recommend):
    """`recommend-v1` with items, groups of interest and rates of one shop's log; see `recommend-v1` for the equations.

    Appeal, groups, rates, drift and the hazard of leaving are the log's, given the click rate that was assumed. What a
    choice log cannot tell (quality, engagement, satiation) stays as in `recommend-v1`, and the seed draws it.
    """

    id = "calibrated"
    version = 1
    Config: ClassVar[type[ShopConfig]] = ShopConfig
    config: ShopConfig
    strata: ClassVar = Task.strata

    def __init__(self, config: ShopConfig, seed: int = 0):
        super().__init__(config, seed)
        self.id = shop_id(config.source)
        appeal = np.array(config.appeal)
        rng, scaled = np.random.default_rng((seed, QUALITY_STREAM)), standardised(appeal)
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


def shop_id(source: str) -> str:
    """The id of the shop that was fitted to a data set."""
    return f"{source}-shop"


def write_shop(config: ShopConfig, path: str | Path) -> None:
    """Save a shop as JSON, whole or not at all.

    Raises:
        InputError: the name does not end in .json.
        OutputError: it cannot be written.
    """
    path = Path(path)
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
    content = read_json(Path(path), "shop", hint)
    try:
        if content["kind"] == KIND and content["version"] == 1:
            return dict(content["config"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("This is not a calibrated shop.", where=str(path), hint=hint) from error
    raise InputError("This is not a calibrated shop of this version.", where=str(path), hint=hint)
