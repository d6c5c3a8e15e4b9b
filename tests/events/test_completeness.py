"""Complete, a sample, or not this data set: by the counts that were published."""

from __future__ import annotations

import pytest

from rlbench_rec import events
from rlbench_rec.events.cards.find import find
from rlbench_rec.events.completeness import completeness

HEADER = "time,user,item,what,price\n"
VIEW, BUY = "1,1,7,view,\n", "1,1,7,buy,\n"
PUBLISHED = 'published = { rows = 4, events = { view = 3, purchase = 1 }, also = [6], source = "the owners" }\n'


@pytest.mark.parametrize(
    ("rows", "verdict", "why"),
    [
        (VIEW * 3 + BUY, "complete", "It has the 4 rows that were published (the owners)."),
        (VIEW * 3 + "broken\n", "complete", "the 4 rows"),
        (VIEW * 3 + BUY + "broken\n" * 2, "complete", "the 6 rows"),
        (VIEW * 2 + BUY, "a sample", "It has 3 of 4 rows, 0.75 of the whole (the owners)."),
        (VIEW * 3 + BUY + "broken\n", "a sample", "It has 5 of 6 rows"),
        (VIEW * 3 + BUY + "broken\n" * 3, "not this data set", "It has 7 rows, the whole has 6"),
        (VIEW + BUY * 2, "not this data set", "It has 2 times purchase, the whole has 1"),
        (
            VIEW + "broken\n1,1,7,look,\n",
            "not this data set",
            "Most of its 3 rows do not fit the card: 1 malformed, 1 un",
        ),
    ],
)
def test_rows_and_events_are_held_against_the_published_counts(shop, rows, verdict, why):
    found = completeness(events.load(shop(HEADER + rows, more=PUBLISHED)))
    assert found.verdict == verdict and why in found.why


def test_a_few_missing_rows_are_counted_and_no_share_is_told(shop):
    card = shop(HEADER + VIEW * 1998, more='published = { rows = 2000, source = "the owners" }\n')
    assert completeness(events.load(card)).why == "It has 1,998 of 2,000 rows, 2 are missing (the owners)."


def test_without_published_counts_nothing_is_known(shop):
    assert completeness(events.load(shop(HEADER + VIEW))).verdict == "not known"


def test_rows_of_another_log_in_the_same_file_do_not_count(shop):
    log = events.load(shop(HEADER + VIEW * 3 + BUY + "1,2,7,view,\n", more=PUBLISHED + 'where = { user = "1" }\n'))
    assert log.report.set_aside == {"other_log": 1} and completeness(log).verdict == "complete"


@pytest.mark.parametrize("name", events.list_cards())
def test_published_counts_agree_with_themselves_and_name_their_source(name):
    card = find(name).card
    for published in [card.published, *(card.of_variant(v).published for v in card.variants)]:
        if published is not None:
            assert published.source and all(count != published.rows for count in published.also)
            assert not published.events or sum(published.events.values()) == published.rows


def test_the_samples_at_hand(shared_data):
    for name, path in (
        ("taobao", "taobao"),
        ("retailrocket", "retailrocket"),
        ("rees46", "rees46/2019-Oct-sample.csv"),
        ("open-bandit/bts-men", "open_bandit/obd"),
    ):
        assert completeness(events.load(name, shared_data / path)).verdict == "a sample"
    assert (
        completeness(events.load("rees46-cosmetics", shared_data / "rees46/2019-Oct-sample.csv")).verdict == "a sample"
    )
    assert completeness(events.load("open-bandit-sample/random-all")).verdict == "complete"
