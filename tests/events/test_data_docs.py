"""The card in docs/data.md is one that loads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rlbench_rec import events

DOCS = Path(__file__).resolve().parents[2] / "docs" / "data.md"
LOG = """\
time,sku,outcome,customer,price,prob,slot,device,affinity_a,affinity_b
2026-03-01 12:00,a-1,clicked,7,9.90,0.25,1,phone,0.5,1
2026-03-01 12:01,a-2,none,7,NA,0.75,2,phone,0.5,NA
2026-03-01 12:31:01,a-2,bought,7,4,1,2,phone,0.5,0
"""


def test_the_card_for_a_shop_of_ones_own_loads(tmp_path):
    text = DOCS.read_text(encoding="utf-8")
    (tmp_path / "my-shop.toml").write_text(re.search(r"```toml\n(.*?)```", text, re.DOTALL).group(1), encoding="utf-8")
    (tmp_path / "2026-03.csv").write_text(LOG)
    log = events.load(tmp_path / "my-shop.toml")
    assert log.report == events.LoadReport(3, 3, {})
    assert log.counts == {"click": 1, "impression": 1, "purchase": 1}
    assert log.n_sessions == 2
    assert log.context_columns == ("device", "affinity_a", "affinity_b")


@pytest.mark.parametrize("name", events.list_cards())
def test_every_card_is_in_the_docs(name):
    assert f"`{name}`" in DOCS.read_text(encoding="utf-8")
