"""Sizes of a reward where there is one: draws with exact means."""

from __future__ import annotations

import math

import numpy as np

PRICES = {
    "even": ((5.0, 10.0, 20.0, 40.0), (0.4, 0.3, 0.2, 0.1)),
    "rare top": ((10.0, 20.0, 200.0), (0.7, 0.29, 0.01)),
    "many": (tuple(float(p) for p in range(5, 105, 5)), tuple(np.arange(20, 0, -1) / 210.0)),
    "top": ((8.0, 15.0, 30.0, 90.0), (0.5, 0.3, 0.15, 0.05)),
    "stars": ((1.0, 2.0, 3.0, 4.0, 5.0), (0.1, 0.1, 0.2, 0.35, 0.25)),
    "halves": ((0.5, 1.0, 1.5, 2.0, 2.5, 3.0), (0.3, 0.2, 0.2, 0.1, 0.1, 0.1)),
}


def draw(kind: tuple, rng: np.random.Generator, count: int) -> np.ndarray:
    """`count` sizes of a kind: ("click",), ("lognormal", sigma), ("cap", sigma, cap), ("pareto", alpha), ("gamma",
    shape), ("whale", share, factor), ("price", list), ("refund", sigma, share), ("normal", mean, deviation),
    ("uniform", low, high)."""
    name, *of = kind
    if name == "click":
        return np.ones(count)
    if name == "lognormal":
        return np.exp(of[0] * rng.standard_normal(count) - of[0] ** 2 / 2)
    if name == "cap":
        return np.minimum(np.exp(of[0] * rng.standard_normal(count)), of[1])
    if name == "pareto":
        return (1.0 - rng.random(count)) ** (-1.0 / of[0])
    if name == "gamma":
        return rng.standard_gamma(of[0], count) / of[0]
    if name == "whale":
        return np.where(rng.random(count) < of[0], of[1], 1.0) * draw(("lognormal", 0.3), rng, count)
    if name == "price":
        prices, chances = PRICES[of[0]]
        return np.asarray(prices)[np.searchsorted(np.cumsum(chances[:-1]), rng.random(count), side="right")]
    if name == "refund":
        return np.where(rng.random(count) < of[1], -1.0, 1.0) * draw(("lognormal", of[0]), rng, count)
    if name == "normal":
        return of[0] + of[1] * rng.standard_normal(count)
    if name == "uniform":
        return of[0] + (of[1] - of[0]) * rng.random(count)
    raise ValueError(name)


def mean(kind: tuple) -> float:
    """The expectation of a kind."""
    name, *of = kind
    if name == "cap":
        sigma, cap = of
        z = math.log(cap) / sigma
        return math.exp(sigma**2 / 2) * _normal(z - sigma) + cap * (1.0 - _normal(z))
    if name == "pareto":
        return of[0] / (of[0] - 1.0)
    if name == "whale":
        return 1.0 + of[0] * (of[1] - 1.0)
    if name == "price":
        return float(np.dot(*PRICES[of[0]]))
    if name == "refund":
        return 1.0 - 2.0 * of[1]
    if name == "normal":
        return of[0]
    if name == "uniform":
        return (of[0] + of[1]) / 2.0
    return 1.0


def known_range(kind: tuple) -> tuple[float, float] | None:
    """The range that a shop would know: a click's, a cap's, a price list's."""
    name, *of = kind
    if name == "click":
        return 0.0, 1.0
    if name == "cap":
        return 0.0, of[1]
    if name == "price":
        return min(0.0, min(PRICES[of[0]][0])), max(PRICES[of[0]][0])
    if name == "uniform":
        return of[0], of[1]
    return None


def third_moment(kind: tuple) -> bool:
    """Whether sizes of a kind have a third moment."""
    return kind[0] != "pareto" or kind[1] > 3.0


def _normal(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2.0))
