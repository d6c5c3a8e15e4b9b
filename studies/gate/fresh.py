"""Settings drawn after the rule had been changed once more, for the faults that `show` had shown."""

from __future__ import annotations

from .numbered import LARGE, PLUS_MINUS, numbered, unequal
from .settings import Setting


def settings() -> list[Setting]:
    """The family."""
    s = numbered(9_000)
    size = lambda *kind: {"size": kind}  # noqa: E731
    return [
        s("clicks .06 %, 100k", rate=0.0006, rows=100_000, spread=0.8),
        s("clicks .08 %, 40k, -1/+1, mild", rate=0.0008, rows=LARGE, spread=0.2, offset=PLUS_MINUS),
        s("clicks .25 %, 40k, heavy", rate=0.0025, rows=LARGE, spread=3.0, model="sparse"),
        s("clicks .6 %", rate=0.006, spread=0.6, offset=PLUS_MINUS),
        s("clicks 1.2 %, few differ", rate=0.012, rows=LARGE, spread=0.4, policy="few"),
        s("clicks 2.5 %, fee", rate=0.025, spread=1.0, offset=-0.01, model="bad"),
        s("clicks 5 %, greedy of 8", rate=0.05, spread=7.0, policy="greedy"),
        s("log-normal .6 at 4 %, fee", rate=0.04, spread=0.5, offset=-0.03, **size("lognormal", 0.6)),
        s("log-normal .85 at 2 %, 40k", rate=0.02, rows=LARGE, spread=0.6, **size("lognormal", 0.85)),
        s("log-normal 1 at 5 %", rate=0.05, spread=0.5, model="sparse", **size("lognormal", 1.0)),
        s("log-normal 1.15 at 4 %, 40k, mild", rate=0.04, rows=LARGE, spread=0.3, **size("lognormal", 1.15)),
        s("log-normal 1.3 at 3 %", rate=0.03, spread=0.8, **size("lognormal", 1.3)),
        s("log-normal 1.5 at 2 %, 40k", rate=0.02, rows=LARGE, spread=0.8, model="bad", **size("lognormal", 1.5)),
        s("Pareto 2.2 at 2 %", rate=0.02, spread=0.6, **size("pareto", 2.2)),
        s("Pareto 3 at 2 %, 40k", rate=0.02, rows=LARGE, spread=0.7, **size("pareto", 3.0)),
        s("whales .3 % x 50 at 2 %, mild", rate=0.02, spread=0.4, **size("whale", 0.003, 50.0)),
        s("whales .4 % x 30 at 3 %", rate=0.03, spread=0.8, **size("whale", 0.004, 30.0)),
        s("whales .2 % x 50 at 5 %, mild", rate=0.05, spread=0.3, **size("whale", 0.002, 50.0)),
        s("whales .8 % x 30 at 4 %", rate=0.04, spread=0.6, model="sparse", **size("whale", 0.008, 30.0)),
        s("gamma .7 at 4 %", rate=0.04, spread=0.6, **size("gamma", 0.7)),
        s("prices many at 3 %, known range", rate=0.03, spread=0.8, ranged=True, **size("price", "many")),
        s("cap 4, log-normal .9 at 3 %, known range", rate=0.03, spread=0.6, ranged=True, **size("cap", 0.9, 4.0)),
        s("refunds 15 %, log-normal .6 at 5 %", rate=0.05, spread=0.7, **size("refund", 0.6, 0.15)),
        s("sticky 600 x 15, clicks 5 %", rate=0.05, users=(15,) * 600, sticky=True, spread=0.8),
        s("sticky 250 x 50, clicks 4 %, effects", rate=0.04, users=(50,) * 250, sticky=True, effects=0.1, spread=0.5),
        s(
            "sticky 400 x 30, clicks 5 %, -1/+1",
            rate=0.05,
            users=(30,) * 400,
            sticky=True,
            offset=PLUS_MINUS,
            spread=0.4,
        ),
        s(
            "sticky 2,000 x 8, log-normal .5 at 5 %",
            rate=0.05,
            users=(8,) * 2_000,
            sticky=True,
            spread=0.6,
            **size("lognormal", 0.5),
        ),
        s(
            "unequal users, sticky, clicks 5 %, effects",
            rate=0.05,
            users=unequal(600, 20, 0.6),
            sticky=True,
            effects=0.2,
            spread=0.5,
        ),
        s(
            "one of 3,000 beside 79 of 25, sticky, effects",
            rate=0.05,
            users=(25,) * 79 + (3_000,),
            sticky=True,
            effects=0.2,
            spread=0.4,
        ),
    ]
