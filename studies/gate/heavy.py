"""Settings drawn after the last change of the rule, which asks less of the weights: heavy ones."""

from __future__ import annotations

from .numbered import LARGE, numbered
from .settings import Setting


def settings() -> list[Setting]:
    """The family."""
    s = numbered(12_000)
    size = lambda *kind: {"size": kind}  # noqa: E731
    return [
        s("clicks 4 %, weights of variance 6", rate=0.04, spread=6.0),
        s("clicks 5 %, weights of variance 9", rate=0.05, spread=9.0, model="bad"),
        s("clicks 3 %, 40k, weights of variance 9", rate=0.03, rows=LARGE, spread=9.0, model="sparse"),
        s("clicks 5 %, 40k, weights of variance 12", rate=0.05, rows=LARGE, spread=12.0, offset=-0.5),
        s("clicks 20 %, weights of variance 10", rate=0.2, spread=10.0),
        s("clicks 20 %, 5k, weights of variance 4", rate=0.2, rows=5_000, spread=4.0),
        s("clicks 4 %, greedy of 10", rate=0.04, spread=9.0, policy="greedy"),
        s("clicks 5 %, 40k, greedy of 15", rate=0.05, rows=LARGE, spread=14.0, policy="greedy", model="bad"),
        s(
            "log-normal .5 at 5 %, 40k, weights of variance 6",
            rate=0.05,
            rows=LARGE,
            spread=6.0,
            **size("lognormal", 0.5),
        ),
        s(
            "log-normal .8 at 5 %, 40k, weights of variance 5",
            rate=0.05,
            rows=LARGE,
            spread=5.0,
            **size("lognormal", 0.8),
        ),
        s("prices even at 5 %, weights of variance 6", rate=0.05, spread=6.0, **size("price", "even")),
        s("dense normal, 2k, weights of variance 4", rate=1.0, rows=2_000, spread=4.0, **size("normal", 1.0, 1.0)),
        s("dense stars, 3k, weights of variance 6", rate=1.0, rows=3_000, spread=6.0, **size("price", "stars")),
        s("sticky 800 x 12, clicks 5 %, heavy", rate=0.05, users=(12,) * 800, sticky=True, spread=2.5),
        s("sticky 500 x 30, clicks 5 %, heavy", rate=0.05, users=(30,) * 500, sticky=True, spread=2.0, effects=0.1),
        s("sessions of 3, clicks 5 %, heavy", rate=0.05, rows=4_000, steps=3, spread=0.8),
    ]
