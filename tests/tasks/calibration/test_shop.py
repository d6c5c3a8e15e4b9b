"""A calibrated shop as a task: on disk, in variants, under the contract of every task."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from rlbench_rec import tasks
from rlbench_rec.errors import InputError, MissingFileError
from rlbench_rec.tasks.calibration import CalibratedShop, ShopConfig, write_shop
from rlbench_rec.testing.tasks import check_task

APPEAL = np.linspace(1.5, -1.5, 12).tolist()
NAMES, GROUPS = list("abcdefghijkl"), [0, 1, 2, 2, 1, 0, 0, 1, 2, 0, 1, 2]


@pytest.fixture
def config():
    return ShopConfig(source="corner-shop", items=12, categories=3, names=NAMES, groups=GROUPS, appeal=APPEAL)


@pytest.fixture
def file(config, tmp_path):
    write_shop(config, tmp_path / "corner-shop.json")
    return str(tmp_path / "corner-shop.json")


def test_it_comes_back_from_disk(config, file):
    shop = tasks.make(file, seed=3)
    assert isinstance(shop, CalibratedShop) and shop.config == config and shop.id == "corner-shop-shop"
    assert shop.action_names == tuple(NAMES) and shop.catalogue.category.tolist() == config.groups
    np.testing.assert_allclose(shop.catalogue.appeal, APPEAL, rtol=1e-6)
    assert shop.catalogue.quality.mean() == pytest.approx(0.0, abs=1e-6)
    assert np.corrcoef(shop.catalogue.quality, APPEAL)[0, 1] == pytest.approx(-config.bait, abs=1e-6)


def test_its_variants_keep_the_items_and_move_the_rates(config, file):
    judge, train = (tasks.make(file, variant=variant) for variant in ("judge", "train"))
    assert judge.config.appeal == train.config.appeal == config.appeal
    assert len({shop.config.click_base for shop in (judge, train)} | {config.click_base}) == 3
    assert judge.config.click_base == pytest.approx(config.click_base, rel=0.15)
    assert tasks.make(file, horizon=7).horizon == 7


def test_shops_of_two_logs_draw_apart(config, file, tmp_path):
    write_shop(config.model_copy(update={"source": "market"}), tmp_path / "market.json")
    corner, market = (tasks.make(path, variant="judge") for path in (file, str(tmp_path / "market.json")))
    assert corner.seed != market.seed and corner.config.click_base != market.config.click_base


def test_it_is_a_task_like_any_other(file):
    check_task(file)


def test_refused(tmp_path, file):
    with pytest.raises(MissingFileError, match=r"no such shop.*rlbench tasks calibrate"):
        tasks.make(str(tmp_path / "nowhere.json"))
    for text in ("[]", '{"kind": "other", "version": 1, "config": {}}'):
        (tmp_path / "other.json").write_text(text)
        with pytest.raises(InputError, match=r"not a calibrated shop"):
            tasks.make(str(tmp_path / "other.json"))
    for change in ({"groups": [0] * 5}, {"groups": [9] * 12}, {"appeal": [float("nan")] * 12}):
        with pytest.raises(InputError, match=r"need an entry|groups lie in|NaN"):
            tasks.make(file, **change)
    with pytest.raises(InputError, match=r"kept in a \.json file"):
        write_shop(tasks.make(file).config, tmp_path / "shop.toml")
    kept = json.loads((tmp_path / "corner-shop.json").read_text())
    assert kept["kind"] == "rlbench-shop"


@pytest.mark.parametrize("variant", [None, "judge"])
def test_a_file_with_a_word_for_a_number_is_refused(file, variant):
    shop = json.loads(Path(file).read_text())
    shop["config"]["drift"] = "often"
    Path(file).write_text(json.dumps(shop))
    with pytest.raises(InputError, match=r"drift: must be a number.*got 'often'"):
        tasks.make(file, variant=variant)


KINDS = {
    "habits": [{"share": 0.5, "leaving": 3.0}, {"share": 0.5, "leaving": -1.0}],
    "dayparts": [{"share": 0.25, "leaving": 0.0}, {"share": 0.75, "leaving": 0.5}],
    "loyalty": [1.0, -9.0, 0.0],
    "returning": 0.6,
    "return_same": 1.0,
}


def test_visits_differ_as_their_kinds_say(file, tmp_path):
    shop = tasks.make(file, **KINDS)
    users = shop.simulator(4_000, seed=1)
    states = users.reset()
    columns = users.users
    assert columns["habit"].mean() == pytest.approx(0.5, abs=0.03) and columns["daypart"].mean() == pytest.approx(
        0.75, abs=0.03
    )
    expected = (
        shop.config.leave_base + np.array([3.0, -1.0])[columns["habit"]] + np.array([0.0, 0.5])[columns["daypart"]]
    )
    np.testing.assert_allclose(columns["leaving"], expected)
    back = columns["remembered"] >= 0
    assert back.mean() == pytest.approx(0.6, abs=0.03)
    assert (columns["remembered"][back] == columns["interest"][back]).all()
    # The shop remembers one click on that group.
    assert states[back, 3 + columns["remembered"][back]] == pytest.approx(0.7) and not states[~back, 3:6].any()
    np.testing.assert_array_equal(states[:, 9:11], columns["daypart"][:, None] == [0, 1])
    assert shop.observation_names[9:11] == ("daypart_0", "daypart_1")
    # Interest and a loyalty that would be less than none.
    wanted = users._interest_in(np.array([0, 1, 2]))
    np.testing.assert_allclose(wanted, [shop.config.interest + 1.0, 0.0, shop.config.interest])
    lengths = shop.log(2_000, seed=3).episode_lengths
    plain = tasks.make(file).log(2_000, seed=3).episode_lengths
    assert (lengths == 1).mean() > 2.0 * (plain == 1).mean() and lengths.std() > plain.std()


def test_shops_with_kinds_of_visits_are_tasks_too(config, tmp_path):
    write_shop(ShopConfig(**config.model_dump() | KINDS), tmp_path / "kinds.json")
    check_task(str(tmp_path / "kinds.json"))
    for change in ({"loyalty": [1.0]}, {"habits": [{"share": 0.0, "leaving": 0.0}]}, {"returning": 2.0}):
        with pytest.raises(InputError, match=r"for each of 3 groups|shares of habits are all 0|must be at most 1"):
            tasks.make(str(tmp_path / "kinds.json"), **change)


def test_an_older_shop_is_what_it_was(config, file):
    """Its file lacks the newer fields, and neither its identity nor its draws know of them."""
    content = json.loads(Path(file).read_text())
    assert not {"habits", "dayparts", "loyalty", "returning", "return_same", "draw"} & set(content["config"])
    assert "habits" not in tasks.identify(file).config
    drawn = tasks.make(file, draw=2)
    assert drawn.identity.digest != tasks.identify(file).digest
    assert (drawn.catalogue.quality != tasks.make(file).catalogue.quality).any()
    assert drawn.catalogue.appeal.tolist() == tasks.make(file).catalogue.appeal.tolist()
