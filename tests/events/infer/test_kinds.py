"""One shop in the forms of everyday exports: what is ready is right, and what the file does not say is asked."""

from __future__ import annotations

import json
import re

import pytest

from rlbench_rec import events
from rlbench_rec.errors import InputError
from rlbench_rec.events.infer import draft
from rlbench_rec.events.oddities import overview
from rlbench_rec.testing.datasets import check_log

BASE = "timestamp,user_id,sku,event,price"
ISO = "%Y-%m-%d %H:%M:%S"


def at(event, form=ISO):
    return event.at.strftime(form)


def base(event, **changed):
    cells = {"at": at(event), "user": event.user, "item": event.item, "what": event.what, "price": event.price}
    return ",".join(str(cell) for cell in (cells | changed).values())


def word(event, view, cart, purchase):
    return {"view": view, "cart": cart, "purchase": purchase}[event.what]


def net(log):
    """Revenue less refunds."""
    names = [name for name, *_ in log.query("DESCRIBE log")]
    amount = "price * coalesce(quantity, 1)" if "quantity" in names else "price"
    sign = "CASE event WHEN 'purchase' THEN 1 WHEN 'refund' THEN -1 ELSE 0 END"
    return log.query(f"SELECT sum({amount} * {sign}) FROM log")[0][0]


def is_the_shop(log, revenue=300.0):
    check_log(log)
    seen = overview(log)
    assert (log.n_rows, log.n_sessions, log.n_users, log.n_items) == (180, 60, 30, 15)
    assert log.counts == {"view": 120, "cart": 30, "purchase": 30}
    assert seen.span.startswith("2019-10-01 10:0") and seen.odd == ()
    assert revenue is None or net(log) == pytest.approx(revenue)


READY = {
    "brazil": (
        "when;client;sku;acao;preco",
        lambda e: f"{at(e)};{e.user};{e.item};{word(e, 'visualizar', 'carrinho', 'compra')};R$ {e.price:.2f}".replace(
            ".", ","
        ),
        {},
    ),
    "germany": (
        "Zeitstempel;Kundennummer;Artikelnummer;Aktion;Preis",
        lambda e: (
            f"{at(e, '%d.%m.%Y %H:%M:%S')};{e.user};{e.item};{word(e, 'Ansicht', 'Warenkorb', 'Kauf')};"
            + f"{e.price:.2f} €".replace(".", ",")
        ),
        {"encoding": "cp1252"},
    ),
    "china": (
        "商品ID,用户ID,行为,时间,价格",
        lambda e: f"{e.item},{e.user},{word(e, '浏览', '加购', '购买')},{at(e)},{e.price}",
        {"encoding": "gb18030"},
    ),
    "japan": (
        "日時,ユーザーID,商品ID,行動,価格",
        lambda e: f"{at(e)},{e.user},{e.item},{word(e, '閲覧', 'カート', '購入')},{e.price}",
        {"encoding": "shift_jis"},
    ),
    "microseconds": (BASE, lambda e: base(e, at=e.seconds * 10**6 + 7), {}),
    "nanoseconds": (BASE, lambda e: base(e, at=e.seconds * 10**9 + 7), {}),
    "float milliseconds": (BASE, lambda e: base(e, at=f"{e.seconds * 1000}.0"), {}),
    "excel days": (BASE, lambda e: base(e, at=f"{25_569 + e.seconds / 86_400:.9f}"), {}),
    "day and clock": (
        "date,clock,user_id,sku,event,price",
        lambda e: f"{at(e, '%Y%m%d')},{at(e, '%H%M')},{base(e).partition(',')[2]}",
        {},
    ),
    "excel days with a decimal comma": (
        "timestamp;user_id;sku;event;price",
        lambda e: base(e, at=f"{25_569 + e.seconds / 86_400:.9f}").replace(",", ";").replace(".", ","),
        {},
    ),
    "day at midnight and clock": (
        "date,time,user_id,sku,event,price",
        lambda e: f"{at(e, '%Y-%m-%d')} 00:00:00,{at(e, '%H:%M:%S')},{base(e).partition(',')[2]}",
        {},
    ),
    "ga4": (
        "event_date,event_timestamp,event_name,user_pseudo_id,ga_session_id,item_id,price",
        lambda e: (
            f"{at(e, '%Y%m%d')},{e.seconds * 10**6},{word(e, 'view_item', 'add_to_cart', 'purchase')},{e.user}.1,"
            f"{1_569_924_000 + e.visit},{e.item},{e.price}"
        ),
        {},
    ),
    "visits counted by user": (
        "timestamp,customer_id,visit_id,sku,event,price",
        lambda e: f"{at(e)},{e.user},{e.visit},{e.item},{e.what},{e.price}",
        {},
    ),
    "float ids": (BASE, lambda e: base(e, user=f"{e.user}.0", item=f"{e.item}.0"), {}),
    "segment as a table": (
        "id,received_at,anonymous_id,event,properties_product_id,properties_price",
        lambda e: (
            f"x{e.seconds}{e.user},{at(e, '%Y-%m-%dT%H:%M:%S.000Z')},a{e.user},"
            f"{word(e, 'Product Viewed', 'Product Added', 'Order Completed')},{e.item},{e.price}"
        ),
        {},
    ),
    "thousands": (BASE, lambda e: base(e, price=f'"{e.price:,.2f}"'), {}),
}


@pytest.mark.parametrize("kind", READY)
def test_ready_is_right(write_log, kind):
    header, line, form = READY[kind]
    made = draft(write_log(header, line, **form))
    assert made.ready, made.questions
    is_the_shop(events.load(made.path))


ASKED = {
    "day or month first": (BASE, lambda e: base(e, at=at(e, "%d/%m/%y %H:%M")), ["timestamp"], [0]),
    "codes": (
        "ts,user_id,aid,behavior_type",
        lambda e: f"{e.seconds},{e.user},{e.item},{word(e, 1, 3, 4)}",
        ["events"],
        [0],
    ),
    "pieces or price": (
        "timestamp,user_id,sku,event,amount",
        lambda e: base(e, price=e.quantity),
        ["price"],
        [0],
    ),
    "thousand or one": (
        "timestamp;user_id;sku;event;price",
        lambda e: f"{at(e)};{e.user};{e.item};{e.what};{e.item % 9 + 1}.{e.item % 900 + 100}",
        ["decimal"],
        [0],
    ),
    "no header": (
        "",
        lambda e: f"{e.seconds},{e.user},{e.item},{e.what}",
        ["item", "user"],
        [1, 0],
    ),
    "empty events": (
        "time,user,item,event",
        lambda e: f"{at(e)},{e.user},{e.item},{word(e, '', 'add', 'purchase')}",
        ["empty-event"],
        [0],
    ),
    "two times": (
        "created_at,updated_at,user_id,sku,event,price",
        lambda e: f"{at(e)},2020-{at(e, '%m-%d %H:%M:%S')},{base(e).partition(',')[2]}",
        ["timestamp"],
        [0],
    ),
    "a probability": (BASE + ",prob", lambda e: f"{base(e)},0.{e.item % 9 + 1}", ["propensity"], [-1]),
}
"""Header, line, keys of the questions, and which of the offered answers make it the shop."""


@pytest.mark.parametrize("kind", ASKED)
def test_what_the_file_does_not_say_is_asked_and_an_offered_answer_is_right(write_log, kind):
    header, line, keys, chosen = ASKED[kind]
    path = write_log(header, line)
    made = draft(path)
    assert [question.key for question in made.questions] == keys
    assert [question.number for question in made.questions] == list(range(1, len(keys) + 1))
    answers = [question.answers[place] for question, place in zip(made.questions, chosen, strict=True)]
    made = draft(path, answers=answers)
    assert made.ready, made.questions
    is_the_shop(events.load(made.path), revenue=None)


def test_refunds_are_named(write_log):
    made = draft(
        write_log(BASE, lambda e: base(e, price=-e.price if e.what == "purchase" and e.user < 510 else e.price))
    )
    log = events.load(made.path)
    assert made.ready and log.counts["refund"] == 10 and log.n_sessions == 60
    assert any(note.startswith("refunds: 10 purchases") for note in made.notes)


def test_totals_and_pieces_are_told_from_prices(write_log):
    rest = "timestamp,user_id,sku,event"
    line = "{},{:.2f}".format
    made = draft(
        write_log(f"{rest},amount,line_total", lambda e: base(e, price=line(e.quantity, e.price * e.quantity)))
    )
    assert made.columns["quantity"][0] == "amount" and made.columns["total"][0] == "line_total"
    is_the_shop(events.load(made.path), 900.0)
    made = draft(
        write_log(f"{rest},quantity,price", lambda e: base(e, price=line(e.quantity, e.price * e.quantity)), "b.csv")
    )
    (question,) = made.questions
    assert question.answers == ("total=price", "price=price")
    made = draft(made.path.with_name("b.csv"), answers=["total=price"])
    is_the_shop(events.load(made.path), 900.0)


def test_an_order_told_by_three_events_is_asked(write_log):
    def line(event):
        extra = [base(event, what="checkout"), base(event, what="payment")] if event.what == "purchase" else []
        return "\n".join([base(event), *extra])

    path = write_log(BASE, line)
    (question,) = draft(path).questions
    assert question.key == "twins" and "one purchase would count several times" in question.text
    log = events.load(draft(path, answers=[question.answers[0]]).path)
    assert log.counts["purchase"] == 30 and log.report.set_aside == {"unknown_event": 60}


def test_flags_are_offered_as_outcomes(write_log):
    header = "timestamp,user_id,sku,is_click,add_to_cart,purchase"
    path = write_log(
        header, lambda e: f"{at(e)},{e.user},{e.item},{int(e.what != 'view')},{word(e, 0, 1, 1)},{word(e, 0, 0, 1)}"
    )
    asked = draft(path).questions
    assert [question.key for question in asked] == ["outcomes", "action_source"]
    log = events.load(draft(path, answers=[asked[0].answers[0], "action_source=choice"]).path)
    assert log.counts == {"impression": 120, "cart": 30, "purchase": 30}


def test_a_table_of_decisions_has_no_visits(write_log):
    path = write_log(
        "ts,user,banner,prob,clicked,device",
        lambda e: f"{e.seconds},{e.user},b{e.item % 5},0.2,{word(e, 0, 0, 1)},{e.user % 2}",
    )
    asked = draft(path).questions
    assert [question.key for question in asked] == ["propensity", "action_source"]
    made = draft(path, answers=["propensity=prob"])
    log = events.load(made.path)
    assert made.ready and log.n_sessions == 180 and log.card.reward_weights == {"click": 1.0}
    assert (log.card.action_source, log.card.propensity, log.card.columns.item) == ("exposure", "logged", "banner")
    assert '# device = "category"' in made.path.read_text() and "# prob =" not in made.path.read_text()


@pytest.mark.parametrize(("text", "answer"), [("-1.6094", ":log"), ("20", ":percent"), ("20.5", ":percent")])
def test_a_propensity_in_another_form_is_offered_in_it(write_log, text, answer):
    path = write_log(
        "ts,user,item,clicked,propensity", lambda e: f"{e.seconds},{e.user},{e.item},{word(e, 0, 0, 1)},{text}"
    )
    offered = draft(path).questions[0].answers
    assert f"propensity=propensity{answer}" in offered
    log = events.load(draft(path, answers=[f"propensity=propensity{answer}"]).path)
    assert log.to_pandas()["propensity"].iloc[0] == pytest.approx(0.2, abs=0.01)


def test_days_alone_are_asked_or_joined_with_a_clock(write_log):
    path = write_log(
        "t_dat,customer_id,article_id,price", lambda e: f"{at(e, '%Y-%m-%d')},{e.user},{e.item:09d},{e.price}"
    )
    asked = draft(path).questions
    assert [question.key for question in asked] == ["timestamp", "event"] and asked[1].answers[0] == "event=purchase"
    made = draft(path, answers=["time=t_dat", "event=purchase"])
    log = events.load(made.path)
    assert made.ready and log.counts == {"purchase": 180} and log.to_pandas()["item_id"].iloc[0].startswith("0000")


def test_placeholders_are_missing_and_named(write_log):
    made = draft(write_log(BASE, lambda e: base(e, user="(not set)" if e.user == 500 else e.user, price="undefined")))
    log = events.load(made.path)
    assert made.ready and log.report.set_aside == {"missing_user": 6}
    assert "missing: '(not set)' means no value (6 in 'user_id')." in made.notes


@pytest.mark.parametrize(
    ("changed", "key", "seen"),
    [
        ({"user": lambda e: 0 if e.user % 3 else e.user}, "busiest-user", "'0' is the user of 120 of 180 rows"),
        ({"item": lambda e: f"{4_001_000_000_000 + e.item:.3E}"}, "rounded-ids", "a spreadsheet has rounded"),
        ({"at": lambda e: e.seconds + 10**9}, "timestamp", "times from 2051"),
        ({"at": lambda e: at(e, "%Y-%m-%d 00:00:00")}, "timestamp", "without a time of day"),
        ({"price": lambda e: "free" if e.item == 10_001 else e.price}, "price", "'free'"),
        (
            {"price": lambda e: f"{e.price},extra" if e.user == 501 else e.price},
            "malformed",
            "6 of 180 rows do not fit",
        ),
        ({"what": lambda e: word(e, "view", "cart", "frobnicate")}, "events", "'frobnicate' (16.7%)"),
    ],
)
def test_what_is_odd_is_asked_with_the_evidence(write_log, changed, key, seen):
    path = write_log(BASE, lambda e: base(e, **{name: change(e) for name, change in changed.items()}))
    asked = draft(path).questions
    assert [question.key for question in asked][:1] == [key] and seen in asked[0].text


def test_a_bot_is_asked_about(write_log, shop_log):
    path = write_log(BASE, base)
    with path.open("a") as stream:
        stream.writelines(base(shop_log[0], user=7) + "\n" for _ in range(2_000))
    (question,) = draft(path).questions
    assert question.key == "bot" and "2,000 of 2,180 events" in question.text
    assert draft(path, answers=["accept=bot"]).ready


def test_sessions_that_hold_several_users_are_counted(write_log):
    some = lambda e: f"shared-{e.visit}" if e.user < 503 else f"s{e.user}-{e.visit}"  # noqa: E731
    (question,) = draft(
        write_log("timestamp,user_id,session_id,sku,event", lambda e: f"{at(e)},{e.user},{some(e)},{e.item},{e.what}")
    ).questions
    assert question.key == "session" and "2 of 56 sessions" in question.text


def test_a_log_without_a_clock_goes_by_its_order(write_log):
    header = "order_id,user_id,order_number,product_id,add_to_cart_order"
    path = write_log(header, lambda e: f"o{e.user}-{e.visit},{e.user},{e.visit + 1},{e.item},{e.quantity}")
    asked = draft(path).questions
    assert [question.key for question in asked] == ["timestamp", "event"]
    assert asked[0].answers == ("order=order_number",) and draft(path).columns["session"][0] == "order_id"


def test_a_search_has_no_item_and_its_query_is_known_before(write_log):
    def line(event):
        words = word(event, "view", "search", "buy"), word(event, "", "shoes", "")
        return f"{at(event)},{event.user},{word(event, event.item, '', event.item)},{','.join(words)}"

    made = draft(write_log("timestamp,user_id,sku,event,query", line))
    log = events.load(made.path)
    assert made.ready and log.counts["search"] == 30 and log.n_rows == 180 and log.context_columns == ("query",)


def test_a_fuller_column_of_users_is_asked_about(write_log):
    header = "timestamp,user_id,anonymous_id,sku,event"
    path = write_log(header, lambda e: f"{at(e)},{e.user if e.user % 3 else ''},a{e.user},{e.item},{e.what}")
    (question,) = draft(path).questions
    assert "'user_id' is empty in 33% of the rows" in question.text
    assert question.answers == ("user=anonymous_id", "user=user_id")
    is_the_shop(events.load(draft(path, answers=["user=anonymous_id"]).path), revenue=None)


def test_two_prices_and_two_currencies_are_asked_about(write_log):
    path = write_log(BASE + ",sale_price", lambda e: f"{base(e)},{0.8 * e.price:.2f}")
    (question,) = draft(path).questions
    assert question.answers == ("price=price", "price=sale_price") and "differ in 180 rows" in question.text
    path = write_log(BASE, lambda e: base(e, price=f"{'€' if e.user % 2 else '£'}{e.price:.2f}"), "b.csv")
    (question,) = draft(path).questions
    assert question.key == "currencies" and draft(path, answers=["accept=currencies"]).ready
    path = write_log(BASE + ",currency", lambda e: f"{base(e)},{'EUR' if e.user % 2 else 'GBP'}", "c.csv")
    assert [question.key for question in draft(path).questions] == ["currencies"]


def test_rows_that_repeat_are_noted(write_log):
    made = draft(write_log(BASE, lambda e: f"{base(e)}\n{base(e)}"))
    assert made.ready and any(note.startswith("180 of 360 rows repeat another one exactly") for note in made.notes)


@pytest.mark.parametrize(
    ("form", "answer", "noted"),
    [
        ("%d/%m/%Y %H:%M:%S", "time=timestamp:%d/%m/%Y %H:%M:%S", True),
        ("%Y-%m-%d %H:%M:%S", "time_unit=iso", True),
        ("%Y-%m-%dT%H:%M:%SZ", "time=timestamp:iso", False),
    ],
)
def test_the_zone_that_is_taken_is_noted_where_the_form_of_the_times_is_said(write_log, form, answer, noted):
    drafted = draft(write_log(BASE, lambda e: base(e, at=at(e, form))), answers=[answer])
    assert drafted.ready and ("time_zone: the times carry no offset, and UTC was taken." in drafted.notes) == noted


def test_an_answer_that_makes_no_sense_of_the_times_is_asked_again(write_log):
    path = write_log(BASE, lambda e: base(e, at=1000 * e.seconds))
    (question,) = draft(path, answers=["time=timestamp:us"]).questions
    assert question.key == "time-span" and "times from 1970-01-19" in question.text
    assert draft(path, answers=["time=timestamp:us", "accept=time-span"]).ready


def test_any_key_of_a_card_can_be_said(write_log):
    path = write_log(BASE, base)
    answers = ["time_zone=Asia/Tokyo", "session_gap=90", "where.sku=10001", "id_types.item=string"]
    answers += ["reward_weights.cart=0.1"]
    log = events.load(draft(path, answers=[*answers, "licence=ours"]).path)
    assert log.report.set_aside == {"other_log": 168} and log.card.session_gap == 90 and log.card.licence == "ours"
    assert log.card.reward_weights["cart"] == 0.1 and log.to_pandas()["item_id"].unique().tolist() == ["10001"]
    assert overview(log).span.startswith("2019-10-01 01:00")


@pytest.mark.parametrize("session", ["user_id,visit", "visit,user_id", "user_id,timestamp"])
def test_a_column_of_the_session_keeps_its_own_role(write_log, session):
    path = write_log(f"{BASE},visit", lambda e: f"{base(e)},{e.visit}")
    made = draft(path, answers=[f"session={session}"])
    assert not [question for question in made.questions if question.key in ("user", "timestamp")]
    assert made.columns["user"][0] == "user_id" and made.columns["timestamp"][0] == "timestamp"
    if "visit" in session:
        assert made.ready
        is_the_shop(events.load(made.path))


def test_sessions_of_several_users_are_noted_where_the_user_named_the_column(write_log):
    path = write_log(f"{BASE},visit", lambda e: f"{base(e)},{e.visit}")
    made = draft(path, answers=["session=visit"])
    assert any("2 of 2 sessions hold several users" in note for note in made.notes)


@pytest.mark.parametrize("other", ["%Y-%m-%d %H:%M:%S.000", "%Y-%m-%dT%H:%M:%S+0000"])
@pytest.mark.parametrize("short", ["%d/%m/%y %I:%M %p", "%m/%d/%y %I:%M %p"])
def test_the_days_of_one_format_decide_the_order_of_another(write_log, short, other):
    made = draft(write_log(BASE, lambda e: base(e, at=at(e, short if e.item % 2 else other))))
    assert made.ready
    is_the_shop(events.load(made.path))


def test_formats_that_leave_two_readings_are_asked_with_all_formats(tmp_path):
    # Three months, each of them readable as days of January to March.
    times = [f"0{1 + i % 3}/0{1 + i // 3 % 3}/19 0{1 + i % 9}:30 PM" for i in range(60)]
    times += [f"2019-0{1 + i % 3}-0{1 + i // 3 % 3} 10:30:00.000" for i in range(60)]
    rows = [f"{time},{i % 7},{i % 5},view" for i, time in enumerate(times)]
    path = tmp_path / "log.csv"
    path.write_text("\n".join(["time,user,item,event", *rows]) + "\n")
    question = next(question for question in draft(path).questions if question.key == "timestamp")
    assert len(question.answers) == 2 and all("%Y-%m-%d" in a and "/%y" in a for a in question.answers)
    for answer in question.answers:
        made = draft(path, answers=[answer, "accept=single-events"], overwrite=True)
        assert made.ready and events.load(made.path).n_rows == 120


def test_a_format_may_be_said_apart_from_its_column(write_log):
    path = write_log(BASE, base)
    for answers in (
        ["time_format=%Y-%m-%d %H:%M:%S"],
        ["time=timestamp", 'time_format=["%Y-%m-%d %H:%M:%S", "%d/%m/%Y"]'],
        ['time=timestamp:["%d/%m/%Y", "%Y-%m-%d %H:%M:%S"]'],
    ):
        made = draft(path, answers=answers, overwrite=True)
        assert made.ready and "time_unit" not in made.path.read_text()
        is_the_shop(events.load(made.path))


@pytest.mark.parametrize("form", ["us", "excel", "%d/%m/%Y", "%d/%m/%Y %H:%M"])
def test_a_form_in_which_no_time_is_written_is_an_error(write_log, form):
    path = write_log(BASE, base)
    message = f"--answer time=timestamp:{form}: '2019-10-01 10:00:00' of 'timestamp' is not a time in {form}."
    with pytest.raises(InputError, match=re.escape(message)):
        draft(path, answers=[f"time=timestamp:{form}"])
    assert not path.with_suffix(".toml").exists()


def test_rows_below_hits_hits_are_an_array(tmp_path, shop_log):
    rows = [
        {"_id": f"a{i}", "_source": {"time": at(e), "user": e.user, "item": e.item, "event": e.what, "price": e.price}}
        for i, e in enumerate(shop_log)
    ]
    path = tmp_path / "hits.json"
    path.write_text(json.dumps({"took": 1, "hits": {"total": len(rows), "hits": rows}}))
    made = draft(path)
    assert made.ready and 'dialect = "json"' in made.path.read_text()
    is_the_shop(events.load(made.path))


def test_marks_of_numbers_that_the_user_names_are_not_noted_as_guessed(write_log):
    path = write_log(BASE.replace(",", ";"), lambda e: base(e, price=f"1.00{e.user % 10},50").replace(",", ";", 4))
    assert any("numbers: read with" in note for note in draft(path).notes)
    made = draft(path, answers=["decimal=,", "thousands=."], overwrite=True)
    assert made.ready and not any("numbers: read with" in note for note in made.notes)
