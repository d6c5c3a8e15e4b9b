"""A shop's raw log for tests: searches and carts between views, context that lacks values, new items late."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rlbench_rec import events, mdp

CARD = """
id = "raw-shop"
title = "A shop of our own"
licence = "ours"
citation = "none"
time_unit = "s"
action_source = "choice"
propensity = "none"
session = "given"
id_types = { item = "string", user = "string", session = "string" }
reward_weights = { view = 1.0, purchase = 0.1 }
events = { look = "view", basket = "cart", buy = "purchase", find = "search" }
columns = { timestamp = "t", user = "u", session = "s", item = "i", event = "e", price = "p" }
files = [{ pattern = "log.csv" }]

[context]
device = "category"
age = "number"
flat = "number"
"""
COLUMNS = ("t", "u", "s", "i", "e", "p", "device", "age", "flat")


def raw_sessions(sessions: int = 450, seed: int = 0) -> dict[str, list[dict]]:
    """Session id -> its rows as the shop logs them."""
    rng = np.random.default_rng(seed)
    found = {}
    for number in range(sessions):
        name, start = f"s{number}", 1_700_000_000 + 9_000 * number
        rows = []
        for second in np.cumsum(rng.integers(1, 200, size=rng.integers(2, 9))):
            event = rng.choice(["look", "look", "look", "basket", "buy", "find"])
            item = f"i{rng.integers(8 + (number > 380) * 4)}"
            row = {"t": start + int(second), "u": f"u{number % 40}", "s": name, "i": item, "e": str(event), "p": 9.5}
            row["i"] = None if event == "find" else row["i"]
            row["device"] = rng.choice(["phone", "desk", None, "tv" if number > 380 else "phone"])
            row["age"] = rng.choice([None, 20, 31.5, 64])
            rows.append({**row, "flat": 3})
        rows[0]["e"], rows[0]["i"] = "look", "i1"
        found[name] = rows
    return found


def build(folder: Path, sessions: dict[str, list[dict]], **config) -> mdp.TransitionDataset:
    """The log as a dataset, by its card."""
    (folder / "shop.toml").write_text(CARD)
    rows = [row for session in sessions.values() for row in session]
    lines = [",".join("" if row[name] is None else str(row[name]) for name in COLUMNS) for row in rows]
    (folder / "log.csv").write_text("\n".join([",".join(COLUMNS), *lines]) + "\n")
    log = events.load(str(folder / "shop.toml"), folder)
    return mdp.build(log, mdp.MDPConfig(**({"history": 3, "top_k": 6} | config)), keep_names=True)


def requests_of(
    sessions: dict[str, list[dict]], data: mdp.TransitionDataset, decisions: tuple[str, ...] = ("look",)
) -> list[dict]:
    """The raw request before each decision of a dataset, in its order."""
    requests = []
    for name in data.session_names:
        rows = sessions[str(name)]
        for place, row in enumerate(rows):
            if row["e"] in decisions:
                before = [_event(each) for each in rows[:place]]
                context = {name: row[name] for name in ("device", "age", "flat")}
                requests.append({"events": before, "timestamp": 1000 * row["t"], "context": context})
    return requests


def _event(row: dict) -> dict:
    event = {"item_id": row["i"], "event": row["e"], "timestamp": 1000 * row["t"]}
    return event | {name: row[name] for name in ("device", "age", "flat")}
