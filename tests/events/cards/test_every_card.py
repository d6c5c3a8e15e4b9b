"""Every card loads a log in its raw form, accounts for each line, and becomes decisions."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from rlbench_rec import events, mdp
from rlbench_rec.cli.render.profile import profile_text
from rlbench_rec.events.cards.find import find
from rlbench_rec.events.profile import profile
from rlbench_rec.testing.datasets import check_log

RAW = Path(__file__).parents[1] / "fixtures"


def logs_at_hand() -> list[str]:
    """Every card, or variant of one, that has raw files here."""
    names = []
    for name in events.list_cards():
        card = events.find_card(name)
        if not card.variants:
            names.append(name)
        names += [
            f"{name}/{v}" for v, log in card.variants.items() if card.shipped or list((RAW / name).glob(log.file))
        ]
    return names


LOGS = logs_at_hand()


@functools.cache
def load(name: str) -> events.EventLog:
    return events.load(name, None if find(name).card.shipped else RAW / name.partition("/")[0])


def test_every_card_has_raw_files_here():
    assert {name.partition("/")[0] for name in LOGS} == set(events.list_cards())


@pytest.mark.parametrize("name", LOGS)
def test_it_is_all_that_a_log_must_be(name):
    check_log(load(name))


@pytest.mark.parametrize("name", [name for name in LOGS if not find(name).card.shipped])
def test_every_physical_line_is_read(name):
    card, folder, variant = find(name).card, RAW / name.partition("/")[0], find(name).variant
    patterns = [variant.file] if variant else [spec.pattern for spec in card.files]
    headers = card.header and card.dialect == "delimited"
    texts = [path.read_bytes().rstrip(b"\n") for pattern in patterns for path in folder.glob(pattern)]
    lines = sum(text.count(b"\n") + 1 - headers for text in texts)
    rows = load(name).report.rows_read
    assert rows == lines if card.lists is None else rows > lines


@pytest.mark.parametrize("name", LOGS)
def test_it_becomes_decisions_that_say_what_they_are(name):
    log = load(name)
    # The few rows here have views in one session alone; tests/mdp has the form where views and clicks are decisions.
    data = mdp.build(log, mdp.MDPConfig(decisions="every-event", train_fraction=0.7))
    said = data.describe()
    assert said["leak_test"] == "passed" and len(said["split_hash"]) == 64
    assert 0 < said["action_coverage"] <= 1 and 0 <= said["oov_share"] <= 1
    claim = log.card.action_source == "exposure" and log.card.propensity != "none"
    assert (data.provenance.identification == "not-identified") is not claim


@pytest.mark.parametrize("name", LOGS)
def test_it_can_be_looked_at(name):
    made = profile(name, None if find(name).card.shipped else RAW / name.partition("/")[0])
    assert events.find_card(name).title in profile_text(made)
