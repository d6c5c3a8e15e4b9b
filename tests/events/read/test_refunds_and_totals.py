"""Amounts that depend on each other: refunds, totals, quantities."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import events, mdp
from rlbench_rec.errors import InputError

REFUND = 'negative = "refund"\n'
PIECES = '{ timestamp = "time", item = "item", event = "what", user = "user", price = "price", quantity = "n" }'
TOTALS = '{ timestamp = "time", item = "item", event = "what", user = "user", total = "sum", quantity = "n" }'
NO_PIECES = '{ timestamp = "time", item = "item", event = "what", user = "user", total = "sum" }'


def amounts(log: events.EventLog) -> list[tuple]:
    rows = log.query("SELECT event, price, quantity FROM log ORDER BY timestamp")
    return [tuple(row) for row in rows]


def test_refunds_keep_their_session_whole_and_are_no_purchase(shop):
    rows = "1,1,7,view,15\n2,1,7,buy,15\n3,1,7,buy,-15\n4,1,8,view,-1\n5,1,8,buy,0\n"
    log = events.load(shop("time,user,item,what,price\n" + rows, REFUND))
    assert log.report == events.LoadReport(5, 4, {"malformed": 1})
    assert log.n_sessions == 1 and log.counts == {"purchase": 2, "refund": 1, "view": 1}
    assert log.query("SELECT min(price), sum(price) FROM log WHERE event = 'refund'") == [(15.0, 15.0)]


def test_without_the_key_a_price_below_zero_is_malformed(shop):
    log = events.load(shop("time,user,item,what,price\n1,1,7,buy,15\n2,1,7,buy,-15\n"))
    assert log.report == events.LoadReport(2, 1, {"malformed": 1}) and log.counts == {"purchase": 1}


@pytest.mark.parametrize(("price", "pieces"), [("15", "-2"), ("-15", "2"), ("-15", "-2")])
def test_a_negative_quantity_is_a_refund_too(shop, price, pieces):
    log = events.load(shop(f"time,user,item,what,price,n\n1,1,7,buy,{price},{pieces}\n", REFUND, columns=PIECES))
    assert amounts(log) == [("refund", 15.0, 2)]


def test_a_log_of_purchases_alone_has_refunds_too(shop):
    columns = '{ timestamp = "time", item = "item", user = "user", price = "price", quantity = "n" }'
    rows = "1,1,7,15,2\n2,1,7,15,-1\n3,1,7,-15,1\n"
    card = shop("time,user,item,price,n\n" + rows, REFUND + 'event = "purchase"\n', columns=columns, events="{}")
    assert amounts(events.load(card)) == [("purchase", 15.0, 2), ("refund", 15.0, 1), ("refund", 15.0, 1)]


def test_the_log_may_name_refunds_itself_with_or_without_a_sign(shop):
    named = '{ view = "view", buy = "purchase", back = "refund" }'
    rows = "1,1,7,back,15,1\n2,1,7,back,-15,-2\n3,1,7,buy,-15,1\n4,1,7,view,15,-1\n"
    log = events.load(shop("time,user,item,what,price,n\n" + rows, columns=PIECES, events=named))
    assert amounts(log) == [("refund", 15.0, 1), ("refund", 15.0, 2)]
    assert log.report.set_aside == {"malformed": 2}


def test_a_price_is_the_total_by_the_quantity(shop):
    sums = ["30,2", "30,0", "30,", ",2", "-30,2", "-30,-2", "x,1", "0,0"]
    rows = "".join(f"{time},1,7,buy,{amount}\n" for time, amount in enumerate(sums))
    log = events.load(shop("time,user,item,what,sum,n\n" + rows, REFUND, columns=TOTALS))
    assert amounts(log) == [
        ("purchase", 15.0, 2),
        ("purchase", 30.0, 1),
        ("purchase", 30.0, None),
        ("purchase", None, 2),
        ("refund", 15.0, 2),
        ("refund", 15.0, 2),
        ("purchase", 0.0, 0),
    ]
    assert log.report.set_aside == {"malformed": 1}


def test_a_total_without_quantities_is_the_price(shop):
    log = events.load(shop("time,user,item,what,sum\n1,1,7,buy,30\n2,1,7,buy,-1\n", columns=NO_PIECES))
    assert log.query("SELECT price FROM log") == [(30.0,)] and log.report.set_aside == {"malformed": 1}


def test_the_lowest_quantity_has_no_positive_one(shop):
    rows = f"1,1,7,buy,1,{-(2**63)}\n2,1,7,buy,1,1\n"
    log = events.load(shop("time,user,item,what,price,n\n" + rows, REFUND, columns=PIECES))
    assert log.report == events.LoadReport(2, 1, {"malformed": 1})


def test_a_price_has_one_source(shop):
    both = TOTALS.replace("total", 'price = "price", total')
    with pytest.raises(InputError, match=r"columns\.price or by columns\.total"):
        events.load(shop("time,user,item,what,price,sum,n\n1,1,7,buy,1,1,1\n", columns=both))


def test_revenue_is_net_of_refunds_which_have_no_reward(shop):
    session = "{0},{1},7,view,15,1\n{0},{1},7,buy,15,2\n{0},{1},7,buy,-15,-1\n{0},{1},7,buy,-15,1\n"
    rows = "".join(session.format(10_000 * visit, visit) for visit in range(1, 11))
    log = events.load(
        shop("time,user,item,what,price,n\n" + rows, REFUND, columns=PIECES, reward_weights="{ purchase = 1.0 }")
    )
    data = mdp.build(log, mdp.MDPConfig(decisions="every-event", train_fraction=0.5))
    revenue = data.metrics[:, data.metric_names.index("revenue")].reshape(-1, 4)
    assert np.array_equal(revenue, [[0, 30, -15, -15]] * 10)
    assert np.array_equal(data.rewards.reshape(-1, 4), [[0, 1, 0, 0]] * 10)
    assert data.metrics[:, data.metric_names.index("CVR")].sum() == 10
    net = mdp.build(log, mdp.MDPConfig(decisions="every-event", train_fraction=0.5, reward="revenue"))
    assert np.array_equal(net.rewards.reshape(-1, 4), revenue)
    charged = mdp.build(
        log,
        mdp.MDPConfig(decisions="every-event", train_fraction=0.5, reward_weights={"purchase": 1.0, "refund": -1.0}),
    )
    assert np.array_equal(charged.rewards.reshape(-1, 4), [[0, 1, -1, -1]] * 10)


def test_a_refund_is_taken_from_the_step_that_its_purchase_went_to(shop):
    session = "{0},{1},7,view,15,1\n{0},{1},7,buy,15,2\n{0},{1},7,buy,-15,-1\n"
    rows = "".join(session.format(10_000 * visit, visit) for visit in range(1, 11))
    log = events.load(shop("time,user,item,what,price,n\n" + rows, REFUND, columns=PIECES))
    data = mdp.build(log, mdp.MDPConfig(train_fraction=0.5, reward="revenue"))
    assert data.rewards.tolist() == [15.0] * 10
