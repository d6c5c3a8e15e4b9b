"""EventLog -> TransitionDataset, on a small shop's log written here."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import events, mdp
from rlbench_rec.errors import InputError, MissingFileError, UnknownNameError
from rlbench_rec.events import EVENTS
from rlbench_rec.mdp import chunked_columns
from rlbench_rec.mdp.from_events import log_columns
from rlbench_rec.mdp.provenance import identification

CARD = """
id = "my-shop"
title = "A shop of our own"
licence = "ours"
citation = "none"
time_unit = "s"
action_source = "choice"
propensity = "none"
reward_weights = { view = 0.1, purchase = 5.0 }
events = { view = "view", cart = "cart", buy = "purchase" }
columns = { timestamp = "t", user = "u", item = "i", event = "e", price = "p", category = "c" }
files = [{ pattern = "log.csv" }]
"""


@pytest.fixture
def shop(tmp_path):
    """Ten users; user k visits from 10,000 k on. Only the last users see item 9; user 7 stays across the cutoff."""
    (tmp_path / "shop.toml").write_text(CARD)
    rows = ["t,u,i,e,p,c"]
    for user in range(10):
        start = 10_000 * user
        rows += [
            f"{start},{user},1,view,10.0,7",
            f"{start + 5},{user},2,view,20.0,8",
            f"{start + 9},{user},2,buy,20.0,8",
        ]
        if user == 7:
            rows += [f"{start + step},{user},3,view,,8" for step in range(1_000, 11_000, 1_000)]
        if user >= 8:
            rows.append(f"{start + 20},{user},9,cart,5.0,7")
    (tmp_path / "log.csv").write_text("\n".join(rows) + "\n")
    return tmp_path


def build(shop, **config):
    log = events.load(str(shop / "shop.toml"), shop)
    usual = {"decisions": "every-event", "train_fraction": 0.8, "history": 3}
    return mdp.build(log, mdp.MDPConfig(**(usual | config)))


def test_each_event_is_a_step_and_its_item_the_action(shop):
    data = build(shop)
    train, _ = data.split()
    # Training: users 0 to 6. Items by frequency: 2 (twice a visit), then 1; 3 and 9 were never seen.
    assert data.action_names == ("2", "1", "<other>")
    assert train.actions[:3].tolist() == [1, 0, 0]
    assert train.items[:3].tolist() == [2, 1, 1]
    assert train.gaps[:3].tolist() == [0, 5, 4]
    assert train.events[:3].tolist() == [EVENTS.index("view") + 1] * 2 + [EVENTS.index("purchase") + 1]
    np.testing.assert_allclose(train.rewards[:3], [0.1, 0.1, 5.0], rtol=1e-6)
    np.testing.assert_allclose(train.metrics[:3], [[0, 0, 0], [0, 0, 0], [1, 1, 20]])
    assert data.provenance.identification == "not-identified" and data.propensities is None


def test_unseen_items_share_one_id(shop):
    data = build(shop)
    _, test = data.split()
    assert test.actions.max() == data.action_count - 1
    assert data.item_count == data.action_count


def test_a_session_across_the_cutoff_is_on_neither_side_and_counted(shop):
    data = build(shop)
    assert data.provenance.config["straddling_sessions"] == 1
    assert data.n_episodes == 9 and data.train_episodes == 7
    train, test = data.split()
    assert train.timestamps.max() < data.provenance.config["cutoff"] <= test.timestamps.min()
    assert not set(train.clusters) & set(test.clusters)


def test_statistics_come_from_the_training_side_alone(shop):
    before = build(shop)
    text = (shop / "log.csv").read_text()
    # The last user now buys other things at other prices: nothing of the training side may move.
    (shop / "log.csv").write_text(text.replace("90005,9,2,view,20.0,8", "90005,9,77,view,999.0,8"))
    after = build(shop)
    np.testing.assert_array_equal(before.split()[0].states(), after.split()[0].states())
    assert before.action_names == after.action_names


def test_categories_as_actions(shop):
    data = build(shop, actions="categories")
    assert data.action_names == ("8", "7")
    assert data.actions[:3].tolist() == [1, 0, 0]
    # Every row has one of both categories; items 3 and 9 are in the history alone.
    assert data.other_action is None and data.other_item == data.item_count == 3


def test_top_k_leaves_the_rest_to_other(shop):
    data = build(shop, top_k=1)
    assert data.action_names == ("2", "<other>")
    assert (data.other_action, data.other_item, data.action_count, data.item_count) == (1, 2, 2, 2)


def test_what_nothing_falls_into_is_no_action(shop):
    lines = (shop / "log.csv").read_text().splitlines()
    seen = [line for line in lines if line.split(",")[2] not in ("3", "9")]
    (shop / "log.csv").write_text("\n".join(seen) + "\n")
    data = build(shop)
    assert data.action_names == ("2", "1")
    assert (data.other_action, data.other_item, data.action_count, data.item_count) == (None, 0, 2, 2)
    assert data.describe()["oov_share"] == 0.0


def test_rows_without_a_category_are_the_other_one(shop):
    lines = (shop / "log.csv").read_text().splitlines()
    lines[-1] = lines[-1].rpartition(",")[0] + ","
    (shop / "log.csv").write_text("\n".join(lines) + "\n")
    data = build(shop, actions="categories")
    assert data.action_names == ("8", "7", "<other>")
    assert np.flatnonzero(data.actions == data.other_action).tolist() == [len(data) - 1]


def test_revenue_as_reward(shop):
    assert build(shop, reward="revenue").rewards[:3].tolist() == [0, 0, 20]


def test_unknown_reward_event_is_refused(shop):
    with pytest.raises(UnknownNameError, match="Did you mean 'purchase'"):
        build(shop, reward_weights={"purchas": 1.0})


def test_states_hold_no_later_event(shop):
    data = build(shop)
    context = data.layout.context
    first_rows = data.states()[data.episode_starts]
    assert (first_rows[:, context:] == 0).all()
    assert data.states()[1, context : context + 3].tolist() == [0, 0, data.items[0]]


def test_same_log_same_hashes_and_another_split_another_hash(shop):
    first, again = build(shop).provenance, build(shop).provenance
    assert (first.source_sha256, first.split_hash) == (again.source_sha256, again.split_hash)
    assert build(shop, train_fraction=0.5).provenance.split_hash != first.split_hash


def test_a_log_of_one_session_cannot_be_split(shop):
    (shop / "log.csv").write_text("t,u,i,e,p,c\n1,1,1,view,1.0,1\n2,1,2,buy,1.0,1\n")
    with pytest.raises(InputError, match="train_fraction"):
        build(shop)


def test_revenue_without_prices_is_refused(shop):
    lines = (shop / "log.csv").read_text().splitlines()
    cut = [line.split(",") for line in lines]
    (shop / "log.csv").write_text(
        "\n".join(",".join([*c[:4], "" if i else "p", c[5]]) for i, c in enumerate(cut)) + "\n"
    )
    with pytest.raises(InputError, match="no prices"):
        build(shop, reward="revenue")


def test_exposure_logs_keep_propensities_and_the_whole_catalogue():
    data = mdp.build(events.load("open-bandit-sample/bts-women"), mdp.MDPConfig(train_fraction=0.5))
    assert data.action_count == 46 and "<other>" not in data.action_names
    assert data.history == 0 and data.propensities.min() == 1e-6
    assert data.observation_names[4:7] == ("position=1", "position=2", "position=3")
    assert data.provenance.identification == "identified"


@pytest.mark.parametrize(
    ("action_source", "propensity", "label"),
    [
        ("exposure", "logged", "identified"),
        ("exposure", "uniform", "identified"),
        ("exposure", "estimated", "estimated"),
        ("exposure", "none", "not-identified"),
        ("choice", "none", "not-identified"),
    ],
)
def test_identification(action_source, propensity, label):
    assert identification(action_source, propensity) == label


def test_taobao_sample_as_decisions(shared_data):
    data = mdp.build(events.load("taobao", shared_data / "taobao"), mdp.MDPConfig(decisions="every-event"))
    described = data.describe()
    assert described["rows"] + 219 == 64_066
    assert described["episodes"] + data.provenance.config["straddling_sessions"] == 10_477
    assert described["longest_episode"] == 130 and described["actions"] == 1_001


def test_columns_on_disk_are_the_columns_in_memory(shop, tmp_path):
    log = events.load(str(shop / "shop.toml"), shop)
    (tmp_path / "scratch").mkdir()
    on_disk = mdp.build(log, scratch=tmp_path / "scratch")
    assert isinstance(on_disk.observations, np.memmap) and isinstance(on_disk.actions, np.memmap)
    mdp.build(log).save(tmp_path / "a")
    on_disk.save(tmp_path / "b")
    for path in sorted((tmp_path / "a").iterdir()):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_chunks_change_nothing(shop, tmp_path, monkeypatch):
    """The log has 42 rows; chunks of 5 cut through its sessions."""
    for number, rows in enumerate((1 << 20, 5, 1)):
        for module in (chunked_columns, log_columns):
            monkeypatch.setattr(module, "CHUNK", rows)
        build(shop).save(tmp_path / str(number))
    for path in sorted((tmp_path / "0").iterdir()):
        for other in ("1", "2"):
            assert path.read_bytes() == (tmp_path / other / path.name).read_bytes(), path.name


def test_a_longer_history_takes_no_more_memory(shop):
    sizes = {
        history: sum(c.nbytes for c in vars(build(shop, history=history)).values() if isinstance(c, np.ndarray))
        for history in (5, 50)
    }
    assert sizes[5] == sizes[50] > 0


def with_vectors(shop, name="vectors.npz"):
    (shop / "shop.toml").write_text(f'item_vectors = "{name}"\n{CARD}')
    return shop


def test_item_vectors_that_the_card_points_to(shop):
    np.savez(shop / "vectors.npz", items=[1, 9, 2], vectors=[[1.0, 0.0], [9.0, 9.0], [0.0, 2.0]])
    plain, log = build(shop), events.load(with_vectors(shop) / "shop.toml")
    data = mdp.build(log, mdp.MDPConfig(decisions="every-event", train_fraction=0.8, history=3))
    # Items 2, 1 and the stranger, behind the row of padding.
    np.testing.assert_array_equal(data.item_vectors, [[0, 0], [0, 2], [1, 0], [0, 0]])
    assert build(shop, actions="categories").item_vectors is None
    assert data.provenance.source_sha256 != plain.provenance.source_sha256


def test_item_vectors_that_are_missing_or_of_another_kind(shop):
    with pytest.raises(MissingFileError, match=r"item vectors are not there.*take item_vectors out"):
        build(with_vectors(shop))
    for content in (b"", b"text", b"PK\x03\x04"):
        (shop / "vectors.npz").write_bytes(content)
        with pytest.raises(InputError, match=r"not item vectors.*numpy\.savez"):
            build(shop)
    np.savez(shop / "vectors.npz", items=np.array([1, 2], dtype=object), vectors=np.ones((2, 2)))
    with pytest.raises(InputError, match=r"not item vectors.*allow_pickle"):
        build(shop)
    np.savez(shop / "vectors.npz", vectors=np.ones((2, 2)))
    with pytest.raises(InputError, match=r"not item vectors.*items"):
        build(shop)
    with pytest.raises(InputError, match="leads out of the data folder"):
        build(with_vectors(shop, "../vectors.npz"))
