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
from ...tasks.calibration import ShopConfig

FIT: Schema = {
    "measure": ("text", "of what"),
    "distance": ("text", "which distance: 0 alike, 1 nothing in common"),
    "shop": ("number", "held-out part of the log to the simulated shop"),
    "yardstick": ("number", "held-out part to the part that was fitted: what a perfect model of the past would have"),
}
USUAL_CLICK_RATE = 0.3
MATCHED = ("clicks", "cart_rate", "purchase_rate", "near", "far", "returning", "return_same")
"""Moments that fit.json tells of; the items' shares are in fit.csv as a distance."""


@dataclass(frozen=True)
class OwnShop:
    """A calibrated shop on disk.

    Attributes:
        file: the shop, for `tasks.make` and suites.
        sessions: sessions of the log, both parts.
        fit: rows of fit.csv.
        account: what fit.json says: what was assumed or drawn, matched, identified and left out.
        config: the shop.
        draws: file and config of each shop that the log does not tell from it.
    """

    file: Path
    sessions: int
    fit: pd.DataFrame
    account: dict[str, Any]
    config: ShopConfig
    draws: list[tuple[Path, ShopConfig]]


def make_shop(
    card: str,
    data: Path | None,
    folder: Path,
    *,
    actions: Literal["items", "categories"] = "items",
    top_k: int = 100,
    click_rate: float | None = None,
    groups: int = 8,
    draws: int = 0,
) -> OwnShop:
    """Fit a shop to a log; write `<card>-shop.json`, `fit.csv`, `fit.json`, `fit.png`, and the draws of what the log
    does not tell as `draws/<card>-shop-01.json`, ...

    Args:
        card: of the log; see `events.load`.
        data: where its files are; None as in `events.load`.
        folder: new or empty.
        actions, top_k: what an item of the shop is, and how many there are; see `mdp.MDPConfig`.
        click_rate: clicks per decision, where it was measured; None draws it, and takes 0.3 for `<card>-shop.json`.
        groups: see `tasks.calibration.calibrate`.
        draws: how many; see `tasks.calibration.draw_shops`.

    Raises:
        InputError: a log too small, an argument out of range, or a folder that is not empty.
        OutputError: the folder cannot be written.
    """
    from ... import events, mdp
    from ...tasks.calibration import CLICK_RATES, HIDDEN, RANKER, calibrate, draw_shops, write_shop
    from ...tasks.calibration.fit_plot import draw_fit
    from ...tasks.calibration.goodness_of_fit import Goodness

    if not 8 <= top_k <= 2_000:
        raise InputError(f"It is {top_k}; it must lie in 8 to 2,000.", where="top-k")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError("The folder is not empty.", where=str(folder), hint="Give a new one.")
    log = events.load(card, data)
    decisions = mdp.build(log, mdp.MDPConfig(actions=actions, top_k=top_k, decisions="every-event"))
    name = log.card.id if not log.variant else f"{log.card.id}-{log.variant}"
    fitted = calibrate(decisions, click_rate=click_rate or USUAL_CLICK_RATE, groups=groups, name=name)
    rates = (click_rate, click_rate) if click_rate else CLICK_RATES
    drawn, rejected = draw_shops(fitted, draws, click_rates=rates) if draws else ([], 0)
    goodness = Goodness(fitted)
    fit = pd.DataFrame([asdict(measure) for measure in goodness.measures])
    account = {
        "data_set": decisions.provenance.source,
        "assumed": {"click_rate": fitted.click_rate},
        "drawn": {"click_rate": rates, "users": HIDDEN, "ranker": RANKER, "draws": draws, "not_like_the_log": rejected},
        "identified": fitted.identified,
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
    files = []
    if drawn:
        make_folder(folder / "draws")
        for config in drawn:
            files.append((folder / "draws" / f"{name}-shop-{config.draw:02d}.json", config))
            write_shop(config, files[-1][0])
    return OwnShop(file, decisions.n_episodes, fit, account, fitted.shop, files)
