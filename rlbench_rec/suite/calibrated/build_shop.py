"""From a card to a calibrated shop on disk, with a report of its fit."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from ...errors import InputError
from ...files import make_folder
from ...results.schema import Schema
from ...results.write import write_json, write_table

FIT: Schema = {
    "measure": ("text", "of what"),
    "distance": ("text", "which distance: 0 alike, 1 nothing in common"),
    "shop": ("number", "held-out part of the log to the simulated shop"),
    "yardstick": ("number", "held-out part to the part that was fitted: what a perfect model of the past would have"),
}
MATCHED = ("clicks", "cart_rate", "purchase_rate", "near", "far")
"""Moments that fit.json tells of; the items' shares are in fit.csv as a distance."""


@dataclass(frozen=True)
class OwnShop:
    """A calibrated shop on disk.

    Attributes:
        file: the shop, for `tasks.make` and suites.
        sessions: sessions of the log, both parts.
        fit: rows of fit.csv.
        account: what fit.json says: what was assumed, matched and left out.
    """

    file: Path
    sessions: int
    fit: pd.DataFrame
    account: dict[str, Any]


def make_shop(
    card: str,
    data: Path | None,
    folder: Path,
    *,
    actions: Literal["items", "categories"] = "items",
    top_k: int = 100,
    click_rate: float = 0.3,
    groups: int = 8,
) -> OwnShop:
    """Fit a shop to a log; write `<card>-shop.json`, `fit.csv`, `fit.json` and `fit.png`.

    Args:
        card: of the log; see `events.load`.
        data: where its files are; None as in `events.load`.
        folder: new or empty.
        actions, top_k: what an item of the shop is, and how many there are; see `mdp.MDPConfig`.
        click_rate, groups: see `tasks.calibration.calibrate`.

    Raises:
        InputError: a log too small, an argument out of range, or a folder that is not empty.
        OutputError: the folder cannot be written.
    """
    from ... import events, mdp
    from ...tasks.calibration import calibrate, write_shop
    from ...tasks.calibration.fit_plot import draw_fit
    from ...tasks.calibration.goodness_of_fit import Goodness

    if not 8 <= top_k <= 2_000:
        raise InputError(f"It is {top_k}; it must lie in 8 to 2,000.", where="top-k")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError("The folder is not empty.", where=str(folder), hint="Give a new one.")
    log = events.load(card, data)
    decisions = mdp.build(log, mdp.MDPConfig(actions=actions, top_k=top_k, decisions="every-event"))
    name = log.card.id if not log.variant else f"{log.card.id}-{log.variant}"
    fitted = calibrate(decisions, click_rate=click_rate, groups=groups, name=name)
    goodness = Goodness(fitted)
    fit = pd.DataFrame([asdict(measure) for measure in goodness.measures])
    account = {
        "data_set": decisions.provenance.source,
        "assumed": {"click_rate": fitted.click_rate},
        "items": fitted.shop.items,
        "groups": fitted.shop.categories,
        "clicks_on_these_items": fitted.covered,
        "matched": {
            key: {"log": getattr(fitted.log_moments, key), "shop": getattr(fitted.shop_moments, key)} for key in MATCHED
        },
    }
    make_folder(folder)
    file = folder / f"{name}-shop.json"
    write_table(fit, FIT, folder / "fit.csv")
    write_json(account, folder / "fit.json")
    draw_fit(goodness, folder / "fit.png")
    write_shop(fitted.shop, file)
    return OwnShop(file, decisions.n_episodes, fit, account)
