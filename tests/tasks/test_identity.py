"""Identity: equal for the same shop, another for every other, and free of source code, paths and names of files."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys

import numpy as np
import pytest

from rlbench_rec import tasks
from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.tasks.calibration import ShopConfig, write_shop
from rlbench_rec.tasks.policy_ladder import ScoreBlend
from rlbench_rec.tasks.shops.tabular import Tabular

SHOP = ShopConfig(source="kiosk", items=4, categories=2, names=list("abcd"), groups=[0, 1, 0, 1], appeal=[1, 0, 0, -1])


def test_every_shop_has_an_identity_of_its_own():
    arguments = itertools.product(tasks.TASKS, (0, 1), ("train", "judge", None))
    identities = [tasks.identify(*each) for each in arguments]
    assert len({identity.digest for identity in identities}) == len(set(identities)) == len(identities)
    assert len({identity.label for identity in identities}) == len(identities)


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"variant": "judge"}, {"horizon": 39}, {"gamma": 0.5}, {"ladder": {}}, {"service": {"score": {}}}],
    ids=str,
)
def test_all_that_makes_a_shop_counts(change):
    plain, other = tasks.identify("tabular-v1"), tasks.identify("tabular-v1", **change)
    assert plain != other and plain.digest != other.digest and plain.label != other.label


def test_what_is_built_is_what_was_named():
    overrides = {"seed": 2, "variant": "judge", "actions": 3, "ladder": {"only": {"score": {"myopic": 1.0}}}}
    assert tasks.make("tabular-v1", **overrides).identity == tasks.identify("tabular-v1", **overrides)


def test_a_default_that_is_given_makes_no_other_shop():
    usual = tasks.make("tabular-v1").config.horizon
    assert tasks.identify("tabular-v1", horizon=usual) == tasks.identify("tabular-v1")


@pytest.mark.parametrize(
    "overrides",
    [
        {"horizon": np.int64(20)},
        {"gamma": np.float64(0.5)},
        {"ladder": {"only": ScoreBlend(score={"myopic": 1.0})}},
        {"service": ScoreBlend(score={"myopic": 1.0})},
    ],
    ids=str,
)
def test_what_python_is_given_is_what_a_file_would_say(overrides):
    identity = tasks.identify("tabular-v1", **overrides)
    assert (
        identity
        == tasks.identify("tabular-v1", **json.loads(identity.overrides))
        == tasks.make("tabular-v1", **overrides).identity
    )
    assert identity.label == tasks.identify("tabular-v1", **json.loads(identity.overrides)).label


def test_a_label_says_what_departs_from_the_plain_task():
    assert tasks.identify("ads-v1").label == "ads-v1"
    assert tasks.identify("tabular-v1", 3, "judge", horizon=20, actions=3).label == (
        "tabular-v1/judge/seed-3/actions=3/horizon=20"
    )


def test_a_calibrated_shop_is_its_content_wherever_it_lies(tmp_path):
    files = [tmp_path / name for name in ("one.json", "sub.json", "other.json")]
    write_shop(SHOP, files[0])
    files[1].write_text(json.dumps(json.loads(files[0].read_text()), indent=7))
    write_shop(SHOP.model_copy(update={"appeal": [1.0, 0.0, 0.5, -1.0]}), files[2])
    kiosk, same, other = (tasks.identify(str(file)) for file in files)
    assert (
        kiosk == same and kiosk.digest == same.digest and kiosk.id == "kiosk-shop" and str(tmp_path) not in repr(kiosk)
    )
    assert kiosk.digest != other.digest
    assert tasks.make(str(files[0])).identity == kiosk


def test_a_version_is_the_end_of_the_id():
    class Second(Tabular):
        """Another version."""

        id = "tabular-v2"

    class Heir(Second):
        """The same shop under the same id."""

    assert [shop.version for shop in (Tabular, Second, Heir)] == [1, 2, 2]
    first, second = (shop(Tabular.Config()).identity for shop in (Tabular, Second))
    assert first.digest != second.digest


def test_a_digest_is_the_same_in_another_process():
    code = "from rlbench_rec import tasks; print(tasks.identify('media-v1', 3, 'judge', horizon=7).digest)"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert other == tasks.identify("media-v1", 3, "judge", horizon=7).digest


def test_what_make_refuses_has_no_identity():
    with pytest.raises(UnknownNameError, match="Did you mean 'tabular-v1'"):
        tasks.identify("tabulr-v1")
    with pytest.raises(InputError, match="tabular-v1: actions"):
        tasks.identify("tabular-v1", actions=0)
    with pytest.raises(UnknownNameError, match="judge"):
        tasks.identify("tabular-v1", variant="jugde")
