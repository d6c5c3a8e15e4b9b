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
    with pytest.raises(InputError, match=r"drift: Input should be a valid number.*got 'often'"):
        tasks.make(file, variant=variant)
