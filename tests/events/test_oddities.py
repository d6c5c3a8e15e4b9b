"""A log at a glance: the figures are right, and what is odd is said once, in a sentence."""

from __future__ import annotations

from rlbench_rec import events
from rlbench_rec.events.oddities import overview, summary

HEADER = "time,user,item,what,price\n"
START = 1_700_000_000


def visits(users: int, length: int = 3, start: int = START, step: int = 60) -> str:
    """A visit of each user, an hour apart."""
    return "".join(
        f"{start + 3600 * user + step * place},{user},{user % 5},{'buy' if place == 2 else 'view'},2.5\n"
        for user in range(users)
        for place in range(length)
    )


def odd(shop, log: str, more: str = "") -> tuple[str, ...]:
    return overview(events.load(shop(HEADER + log, more))).odd


def test_the_figures_and_their_sentence(shop):
    log = events.load(shop(HEADER + visits(30) + "x,1,2,view,3\n"))
    seen = overview(log)
    assert (seen.rows, seen.sessions, seen.users, seen.items) == (90, 30, 30, 5)
    assert (seen.single, seen.longest, seen.busiest, seen.events_per_session) == (0, 3, 3, 3.0)
    assert summary(log, seen) == [
        "90 of 91 rows kept; set aside: 1 malformed",
        "2023-11-14 22:13 UTC to 2023-11-16 03:15 UTC",
        "30 sessions of 3.0 events on average, 30 users, 5 items",
        "60 view, 30 purchase; revenue 75.00",
    ]
    assert seen.odd == ()


def test_refunds_are_taken_off_the_revenue(shop):
    log = events.load(shop(HEADER + visits(30) + f"{START + 999},3,1,buy,-5\n", 'negative = "refund"\n'))
    assert summary(log, overview(log))[-1] == "60 view, 30 purchase, 1 refund; revenue 70.00 net of refunds"


def test_a_wrong_clock(shop):
    assert odd(shop, visits(30, start=1_700_000)) == ("90 events before 1995: is the unit of the time right?",)
    assert odd(shop, visits(30, start=4_700_000_000)) == ("90 events in the future: is the unit of the time right?",)
    midnight = "".join(f"{86_400 * (19_000 + i % 4)},{i % 10},{i % 5},view,1\n" for i in range(40))
    assert odd(shop, midnight)[0] == "all times are midnight: days without a clock"
    assert odd(shop, "".join(f"{START},{i},{i % 5},view,1\n" for i in range(40)))[0] == "all events at the same instant"


def test_a_bot_and_visits_of_one_event(shop):
    bot = "".join(f"{START + i},777,{i % 5},view,1\n" for i in range(2_000))
    assert odd(shop, visits(30) + bot) == ("one session of user 777 has 2,000 of 2,090 events: a bot?",)
    often = "".join(f"{START + 7_200 * i},777,{i % 5},view,1\n" for i in range(2_000))
    assert odd(shop, visits(30) + often) == (
        "user 777 has 2,000 of 2,090 events: a bot, or all who are not known?",
        "2,000 of 2,030 sessions have one event",
    )


def test_sessions_of_several_users_are_among_it(shop):
    more = 'session = "given"\nid_types = { session = "string" }\n'
    card = shop("time,user,item,what,price,visit\n" + "".join(f"{START + i},{i},1,view,1,s\n" for i in range(3)), more)
    card.write_text(card.read_text().replace('price = "price"', 'price = "price", session = "visit"'))
    assert overview(events.load(card)).odd == ("1 sessions with several users",)


def test_a_small_log_is_not_odd(shop):
    assert odd(shop, visits(3, length=1)) == ()
