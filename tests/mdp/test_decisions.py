"""Which events of a log are decisions, what they earn, and what states show, on a small log written here."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from rlbench_rec import events, mdp
from rlbench_rec.errors import DataWarning, InputError
from rlbench_rec.events import EVENTS
from rlbench_rec.events.cards.find import find_card
from rlbench_rec.mdp import chunked_columns
from rlbench_rec.mdp.from_events import log_columns
from rlbench_rec.suite import Suite
from rlbench_rec.suite.config import Source
from rlbench_rec.suite.fingerprints import content_of
from rlbench_rec.suite.kinds.algorithms.jobs import plan

CARD = """
id = "my-shop"
title = "A shop of our own"
licence = "ours"
citation = "none"
time_unit = "s"
action_source = "choice"
propensity = "none"
session = "given"
reward_weights = { view = 1.0, cart = 10.0, remove = -10.0, purchase = 100.0 }
events = { view = "view", cart = "cart", out = "remove", buy = "purchase" }
columns = { timestamp = "t", user = "u", session = "s", item = "i", event = "e", price = "p" }
files = [{ pattern = "log.csv" }]
"""
VISITS = {
    # Session 1: a cart before anything was viewed, A viewed twice, carted, taken out and bought; C bought unseen.
    1: ["cart B", "view A", "cart A", "view B", "view A", "out A", "buy A", "buy C"],
    2: ["cart A"],
    3: ["view B", "buy A"],
    4: ["view A", "buy A", "buy A"],
}
TIMES = {1: 1_000, 2: 2_000, 3: 3_000, 4: 90_000}
ITEMS = {"A": 1, "B": 2, "C": 3}


def shop(folder, visits=VISITS, times=TIMES, card=CARD):
    (folder / "shop.toml").write_text(card)
    rows = ["t,u,s,i,e,p"]
    for session, visit in visits.items():
        for number, event in enumerate(visit):
            name, item = event.split()
            rows.append(f"{times[session] + number},7,{session},{ITEMS[item]},{name},{50 if name == 'buy' else ''}")
    (folder / "log.csv").write_text("\n".join(rows) + "\n")
    return folder


def build(folder, scratch=None, **config):
    log = events.load(str(folder / "shop.toml"), folder)
    return mdp.build(log, mdp.MDPConfig(**({"train_fraction": 0.75, "history": 4} | config)), scratch=scratch)


def codes(*names):
    return [EVENTS.index(name) + 1 for name in names]


def test_views_are_decisions_and_later_events_are_credited_to_them(tmp_path):
    data = build(shop(tmp_path))
    # Sessions 1, 3 and 4 have a decision; the views are A, B, A | B | A.
    assert data.episode_starts.tolist() == [0, 3, 4] and data.train_episodes == 2
    assert data.action_names == ("1", "2") and data.actions.tolist() == [0, 1, 0, 1, 0]
    # The first view of A gets its cart; the second one the removal and the purchase; what was bought unseen nobody.
    assert data.rewards.tolist() == [1 + 10, 1, 1 - 10 + 100, 1, 1 + 100 + 100]
    #                                   CTR CVR revenue: two purchases are one conversion and two prices
    assert data.metrics.tolist() == [[1, 0, 0], [0, 0, 0], [1, 1, 50], [0, 0, 0], [1, 1, 100]]
    account = data.provenance.config
    assert account["decisions"] == ["view", "click"]
    assert (account["credited_rows"], account["uncredited_rows"]) == (5, 4)
    assert account["uncredited_reward"] == 10 + 100 + 10 + 100
    assert account["sessions_without_decisions"] == 1
    described = data.describe()
    assert described["events"] == 13 and described["uncredited_reward"] == 220.0
    weights = {"view": 1, "cart": 10, "out": -10, "buy": 100}
    total = sum(weights[event.split()[0]] for visit in VISITS.values() for event in visit)
    assert data.rewards.sum() + described["uncredited_reward"] == total
    for part in (data.select([0]), data.episodes(0, 2), *data.split()):
        assert not {"credited_rows", "uncredited_rows", "uncredited_reward"} & set(part.describe())
        assert part.describe()["events"] < 13 and part.provenance.config["decisions"] == ["view", "click"]


def test_states_show_all_events_before_a_decision_as_they_happened(tmp_path):
    data = build(shop(tmp_path))
    c, h = data.layout.context, data.history
    states = data.states()
    # Before the first decision stands the cart of B; C is outside the vocabulary of what was viewed.
    assert states[0, c : c + h].tolist() == [0, 0, 0, 2]
    assert states[0, c + h : c + 2 * h].tolist() == [0, 0, 0, *codes("cart")]
    assert states[2, c : c + h].tolist() == [2, 1, 1, 2]
    assert states[2, c + h : c + 2 * h].tolist() == codes("cart", "view", "cart", "view")
    assert states[2, c + 2 * h : c + 3 * h].tolist() == [0, 1, 1, 1]
    assert not states[3, c:].any() and not states[4, c:].any()
    # No later event is in any state: without those of session 1 after the last view nothing changes.
    shorter = VISITS | {1: VISITS[1][:5]}
    np.testing.assert_array_equal(build(shop(tmp_path, shorter)).states()[:3], states[:3])


def test_items_that_only_other_events_have_are_outside_the_vocabulary(tmp_path):
    data = build(shop(tmp_path))
    assert data.item_count == data.other_item == 3 and data.other_action is None
    assert data.items.tolist() == [2, 1, 1, 2, 1, 1, 1, 3, 2, 1, 1, 1, 1]
    candidates = mdp.with_candidates(data, slots=2)
    assert candidates.action_count == 2 and (candidates.candidates != data.other_item).all()
    vectors = mdp.with_item_vectors(data, [1, 2], np.array([[1.0], [2.0]])).item_vectors
    assert vectors.tolist() == [[0], [1], [2], [0]]


def test_every_event_as_before(tmp_path):
    data = build(shop(tmp_path), decisions="every-event")
    assert len(data) == 14 and data.event_rows is None and data.n_episodes == 4
    assert data.rewards.tolist() == [10, 1, 10, 1, 1, -10, 100, 100, 10, 1, 100, 1, 100, 100]
    assert "uncredited_rows" not in data.provenance.config


def test_the_named_events_are_decisions(tmp_path):
    data = build(shop(tmp_path), decisions=["cart"], train_fraction=0.3)
    # Carts of B and A, then of A: the purchase and the views of A after its cart are credited to it.
    assert data.rewards.tolist() == [10 + 1, 10 + 1 - 10 + 100, 10]


@pytest.mark.parametrize(
    ("window", "rewards"),
    [
        # Session 3 buys A 1,997 s after session 1 last showed it.
        (1_990, [11, 1, 1 - 10 + 100 + 10, 1, 201]),
        (2_010, [11, 1, 1 - 10 + 100 + 10 + 100, 1, 201]),
        (1, [11, 1, 1 - 10, 1, 101]),
    ],
)
def test_credit_of_a_user_within_a_window(tmp_path, window, rewards):
    assert build(shop(tmp_path), attribution_window=window).rewards.tolist() == rewards


def test_nothing_after_the_cutoff_is_credited_to_training(tmp_path):
    visits = {1: ["view A"], 2: ["view B"], 3: ["view B", "buy A", "buy B"]}
    times = {1: 1_000, 2: 2_000, 3: 3_000}
    data = build(shop(tmp_path, visits, times), attribution_window=1e6, train_fraction=0.67)
    assert data.train_episodes == 2 and data.rewards.tolist() == [1, 1, 101]
    assert data.provenance.config["uncredited_reward"] == 100.0


def test_columns_on_disk_and_chunks_change_nothing(tmp_path, monkeypatch):
    shop(tmp_path)
    build(tmp_path).save(tmp_path / "0")
    (tmp_path / "scratch").mkdir()
    build(tmp_path, tmp_path / "scratch").save(tmp_path / "1")
    for module in (chunked_columns, log_columns):
        monkeypatch.setattr(module, "CHUNK", 3)
    build(tmp_path).save(tmp_path / "2")
    for path in sorted((tmp_path / "0").iterdir()):
        for other in ("1", "2"):
            assert path.read_bytes() == (tmp_path / other / path.name).read_bytes(), path.name
    loaded = mdp.TransitionDataset.load(tmp_path / "0")
    np.testing.assert_array_equal(loaded.states(), build(tmp_path).states())


def test_revenue_as_reward_is_credited_too(tmp_path):
    assert build(shop(tmp_path), reward="revenue").rewards.tolist() == [0, 0, 50, 0, 100]


@pytest.mark.parametrize(
    ("change", "decisions"),
    [
        (("", ""), ["view", "click"]),
        (('action_source = "choice"', 'action_source = "exposure"'), "every-event"),
        (('session = "given"', 'session = "row"'), "every-event"),
        (('view = "view"', 'view = "impression"'), "every-event"),
    ],
)
def test_what_the_default_is(tmp_path, change, decisions):
    folder = shop(tmp_path, card=CARD.replace(*change).replace("view = 1.0", "view = 1.0, impression = 1.0"))
    assert build(folder).provenance.config["decisions"] == decisions


def test_a_log_without_views_falls_back_on_every_event_and_a_named_event_does_not(tmp_path):
    folder = shop(tmp_path, {1: ["cart A", "buy A"], 2: ["buy A"]})
    data = build(folder)
    assert len(data) == 3 and data.provenance.config["decisions"] == "every-event"
    with pytest.raises(InputError, match=r"no view, so no decision.*every-event"):
        build(folder, decisions=["view"])


def test_the_hash_says_which_form_it_is(tmp_path):
    card = find_card(shop(tmp_path) / "shop.toml")
    exposure = card.model_copy(update={"action_source": "exposure"})
    config, every = mdp.MDPConfig(), mdp.MDPConfig(decisions="every-event")
    named = mdp.MDPConfig(decisions=["view", "click"])
    assert config.with_card(card, "x") == named.with_card(card, "x") != every.with_card(card, "x")
    # As before there was a choice: nothing of it is in the hash.
    assert every.with_card(card, "x") == config.with_card(exposure, "x") == every.with_card(exposure, "x")
    assert mdp.MDPConfig(attribution_window=60).with_card(card, "x") != config.with_card(card, "x")
    assert mdp.MDPConfig(ends="truncated").with_card(exposure, "x") != config.with_card(exposure, "x")
    # A suite hashes without loading.
    source = Source(dataset=str(tmp_path / "shop.toml"), data=str(tmp_path))
    assert content_of(source).card == build(tmp_path, train_fraction=0.8, history=10).provenance.card_sha256


@pytest.mark.parametrize(
    ("decisions", "match"),
    [
        ([], "name events, each once"),
        (["view", "view"], "name events, each once"),
        ("views", "name events, each once .*or 'every-event'"),
        (["remove"], "'remove' cannot be a decision; these can: impression, view"),
        (["view", "refund"], "'refund' cannot"),
        (["search"], "'search' cannot"),
    ],
)
def test_events_that_are_never_decisions_are_refused(decisions, match):
    with pytest.raises(ValidationError, match=match):
        mdp.MDPConfig(decisions=decisions)


def test_a_window_needs_users_and_other_events(tmp_path):
    with pytest.raises(InputError, match="Every event of this log is a decision"):
        build(shop(tmp_path), decisions="every-event", attribution_window=60)
    without_users = CARD.replace('user = "u", ', "")
    with pytest.raises(InputError, match="no users"):
        build(shop(tmp_path, card=without_users), attribution_window=60)


def test_a_side_without_decisions_is_refused(tmp_path):
    folder = shop(tmp_path, {1: ["view A"], 2: ["view A"], 3: ["buy A"], 4: ["buy A"]})
    with pytest.raises(InputError, match=r"2 sessions with a decision, 2 are on the training side"):
        build(folder, train_fraction=0.6)


def test_much_reward_that_nobody_gets_is_a_warning(tmp_path):
    folder = shop(tmp_path, VISITS | {2: ["view A", "buy B", "buy C", "buy C"]})
    with pytest.warns(DataWarning, match=r"my-shop: 62% of the reward .* attribution_window"):
        build(folder)


def test_runs_on_other_decisions_have_other_ids_and_those_on_shops_the_ones_they_had(tmp_path):
    shop(tmp_path)
    log = {"dataset": str(tmp_path / "shop.toml"), "data": str(tmp_path)}

    def job(**source):
        suite = Suite(name="s", description="d", sources=[source], algorithms=[{"id": "bc"}], estimators=["snips"])
        return plan(suite, "cpu", [content_of(suite.sources[0])])[-1]

    ids = [job(**log, mdp=mdp).run_id for mdp in ({}, {"decisions": "every-event"}, {"attribution_window": 60.0})]
    assert len(set(ids)) == 3
    assert "decisions" not in job(task="tabular-v1", episodes=50).settings["source"]["mdp"]
