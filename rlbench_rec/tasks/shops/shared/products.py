"""What a shop sells: drawn once per task seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .draws import standardised, standardised_ranks


@dataclass(frozen=True)
class Catalogue:
    """The items, (A,) each.

    Attributes:
        category: int64, item number modulo the number of categories.
        appeal: float32, log-odds that the item's looks add to a click.
        quality: float32, what the user finds after the click; mean 0, standard deviation 1.
        price: float32, currency units.
    """

    category: np.ndarray
    appeal: np.ndarray
    quality: np.ndarray
    price: np.ndarray


def make_catalogue(
    items: int, categories: int, appeal_spread: float, bait: float, price_median: float, price_spread: float, seed: int
) -> Catalogue:
    """Draw a shop.

    Every shop has the same spread of appeal and the same correlation with quality; they differ in which item is which.
    Appeal is evenly spread, so no single item draws all the clicks.

    Args:
        items: how many.
        categories: how many.
        appeal_spread: standard deviation of the appeal.
        bait: minus the correlation of appeal and quality.
        price_median: currency units.
        price_spread: standard deviation of the log price.
        seed: of the shop.
    """
    rng = np.random.default_rng(seed)
    appeal = standardised_ranks(rng, items)
    other = standardised_ranks(rng, items)
    # With two items the second trait is a multiple of the first, and what is left of it is nothing.
    other = standardised(other - appeal * (appeal @ other) / items)
    quality = -bait * appeal + np.sqrt(1.0 - bait**2) * other
    price = price_median * np.exp(price_spread * rng.standard_normal(items))
    return Catalogue(
        np.arange(items) % categories,
        (appeal_spread * appeal).astype(np.float32),
        quality.astype(np.float32),
        price.astype(np.float32),
    )
