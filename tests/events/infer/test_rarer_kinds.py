"""Exports of other tools, languages and habits: what is ready is right, and a question names what is wrong."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from rlbench_rec import events
from rlbench_rec.errors import InputError
from rlbench_rec.events.infer import draft

BASE = "timestamp,user_id,sku,event,price"


def line(event, **changed):
    time = event.at.strftime("%Y-%m-%d %H:%M:%S")
    cells = {"at": time, "user": event.user, "item": event.item, "what": event.what, "price": event.price}
    return ",".join(str(cell) for cell in (cells | changed).values())


def word(event, view, cart, purchase):
    return {"view": view, "cart": cart, "purchase": purchase}[event.what]


def is_the_shop(made, revenue=300.0):
    log = events.load(made.path)
    assert (log.n_rows, log.n_sessions, log.n_users, log.n_items) == (180, 60, 30, 15)
    assert log.counts == {"view": 120, "cart": 30, "purchase": 30}
    assert log.query("SELECT sum(price) FROM log WHERE event = 'purchase'") == [(pytest.approx(revenue),)]


READY = {
    "poland": (
        "czas,klient,produkt,zdarzenie,cena",
        lambda e: line(
            e, what=word(e, "wyświetlenie", "koszyk", "zakup"), price=f'"{e.price:.2f} zł"'.replace(".", ",")
        ),
    ),
    "taiwan": (
        "時間,會員編號,商品編號,動作,單價",
        lambda e: line(e, what=word(e, "瀏覽", "加入購物車", "購買")),
    ),
    "matomo": (
        "server_time,idvisitor,product_sku,action_type,product_price",
        lambda e: line(e, what=word(e, "productView", "addToCart", "ecommerceOrder")),
    ),
    "ids in braces": (BASE, lambda e: line(e, item=f"{{3F2504E0-4F89-11D3-9A0C-{e.item}}}")),
}


@pytest.mark.parametrize("kind", READY)
def test_ready_is_right(write_log, kind):
    made = draft(write_log(*READY[kind]))
    assert made.ready, made.questions
    is_the_shop(made)


TYPED = {
    "dynamodb": lambda e: {
        "Item": {
            "ts": {"N": str(e.seconds)},
            "user_id": {"S": f"u{e.user}"},
            "product_id": {"S": str(e.item)},
            "event": {"S": e.what},
            "price": {"N": str(e.price)},
        }
    },
    "mongodb": lambda e: {
        "_id": {"$oid": f"{e.seconds:024x}"},
        "createdAt": {"$date": e.at.strftime("%Y-%m-%dT%H:%M:%S.000Z")},
        "userId": {"$numberLong": str(e.user)},
        "productId": str(e.item),
        "event": e.what,
        "price": e.price,
    },
    "elasticsearch": lambda e: {
        "_source": {
            "@timestamp": e.at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "user": {"id": str(e.user)},
            "product": {"sku": str(e.item), "price": e.price},
            "event": {"action": e.what},
        }
    },
}


@pytest.mark.parametrize("kind", TYPED)
def test_names_are_seen_above_the_types_of_their_values(write_log, kind):
    made = draft(write_log("", lambda e: json.dumps(TYPED[kind](e)), name="log.jsonl"))
    assert made.ready, made.questions
    is_the_shop(made)


def test_numbers_of_lists_are_never_offered_as_ids(write_log):
    def session(event):
        keys = {"aid": event.item, "ts": event.seconds, "type": event.what}
        return json.dumps({"session": f"{event.user}-{event.visit}", "events": [keys]})

    made = draft(write_log("", session, name="log.jsonl"))
    offers = [answer for question in made.questions for answer in question.answers]
    assert "user=none" in offers and not any("=#" in offer for offer in offers)


def test_one_column_of_0_and_1_is_offered(write_log):
    path = write_log("timestamp,user_id,sku,is_purchase,price", lambda e: line(e, what=word(e, 0, 0, 1)))
    first = draft(path).questions[0]
    assert (first.key, first.answers) == ("outcomes", ("outcomes=is_purchase:purchase",))
    made = draft(path, answers=[*first.answers, "action_source=choice"])
    assert events.load(made.path).counts == {"impression": 150, "purchase": 30}


def test_columns_that_count_events_are_no_flags(write_log):
    path = write_log(
        "timestamp,user_id,sku,clicks,purchases,price", lambda e: line(e, what=f"{word(e, 0, 3, 1)},{word(e, 0, 0, 1)}")
    )
    (question,) = draft(path).questions
    assert question.key == "event" and "'clicks'" in question.text and "up to 3 times" in question.text


def test_a_column_of_few_words_is_offered_as_the_event(write_log):
    path = write_log("timestamp,user_id,sku,hva,price", lambda e: line(e, what=word(e, "vist", "i kurv", "kjøpt")))
    (question,) = draft(path).questions
    assert "'hva' (vist, i kurv, kjøpt)" in question.text and "event=hva" in question.answers


def test_blank_words_in_a_log_of_orders_are_offered_as_purchases(write_log):
    made = draft(write_log(BASE, lambda e: line(e, what=word(e, "", "", "paid"))))
    (question,) = [question for question in made.questions if question.key == "empty-event"]
    assert question.answers[0] == "events.=purchase"


def test_amounts_in_two_currencies_are_asked(write_log):
    path = write_log(BASE, lambda e: line(e, price=f"{'EUR' if e.user % 2 else 'USD'} {e.price}"))
    (question,) = draft(path).questions
    assert question.key == "currencies" and "EUR" in question.text
    assert draft(path, answers=["price=none"]).ready
    is_the_shop(draft(path, answers=["accept=currencies"], overwrite=True))


def test_a_sign_behind_a_number_is_reported(write_log):
    (question,) = draft(
        write_log(BASE, lambda e: line(e, price=f"{e.price:.2f}{'-' * (e.what == 'purchase')}"))
    ).questions
    assert question.key == "price" and "0-'" in question.text


def test_ids_rounded_with_a_decimal_comma_are_asked(write_log):
    path = write_log(BASE, lambda e: line(e, user=f'"{e.user % 9},00E+12"'))
    assert "rounded-ids" in [question.key for question in draft(path).questions]


@pytest.mark.parametrize(
    ("name", "values", "forms"),
    [
        ("propensity", ["25%", "50%"], ["percent"]),
        ("logp", [-1.386, -0.693], ["log"]),
        ("inverse_propensity", [4, 2], ["inverse", "percent"]),
        ("p_shown", [0.25, 0.5], [""]),
    ],
)
def test_a_propensity_is_asked_in_the_form_that_fits(write_log, name, values, forms):
    path = write_log(
        f"timestamp,user_id,banner,click,{name}", lambda e: line(e, what=word(e, 0, 0, 1), price=values[e.item % 2])
    )
    (question,) = [question for question in draft(path).questions if question.key == "propensity"]
    answers = [f"propensity={name}" + f":{form}" * bool(form) for form in forms]
    assert question.answers == (*answers, "propensity=none")


TIMES = {
    "of the date program": "%a %b %d %H:%M:%S UTC %Y",
    "in brackets": "[%d/%b/%Y:%H:%M:%S +0000]",
    "of JavaScript": "%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)",
    "of DB2": "%Y-%m-%d-%H.%M.%S.000000",
    "with a zone's name": "%Y-%m-%d %H:%M:%S Africa/Abidjan",
}


@pytest.mark.parametrize("kind", TIMES)
def test_times_that_are_ready_are_right(write_log, kind):
    made = draft(write_log(BASE, lambda e: line(e, at=e.at.strftime(TIMES[kind]))))
    assert made.ready, made.questions
    is_the_shop(made)
    first = events.load(made.path).query("SELECT min(timestamp) FROM log")[0][0]
    assert first == 1_569_924_000_000


def test_a_short_name_of_a_zone_is_asked(write_log):
    path = write_log(BASE, lambda e: line(e, at=(e.at - timedelta(hours=5)).strftime("%Y-%m-%d %H:%M:%S EST")))
    (question,) = draft(path).questions
    assert question.key == "time_zone" and question.answers[0] == "time_zone=Etc/GMT+5"
    made = draft(path, answers=question.answers[:1])
    assert made.ready and events.load(made.path).query("SELECT min(timestamp) FROM log") == [(1_569_924_000_000,)]


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("date,hour,minute", "%Y-%m-%d,%H,%M"),
        ("year,month,day,hour,minute", "%Y,%m,%d,%H,%M"),
    ],
)
def test_the_parts_of_a_time_are_joined(write_log, header, form):
    path = write_log(f"{header},user_id,sku,event,price", lambda e: line(e, at=e.at.strftime(form)))
    made = draft(path)
    assert made.ready, made.questions
    is_the_shop(made)


def test_a_time_that_a_spreadsheet_has_rounded_is_asked(write_log):
    path = write_log(BASE, lambda e: line(e, at=f"{e.seconds * 1000:.5E}"))
    assert "rounded-times" in [question.key for question in draft(path).questions]
    exact = write_log(BASE, lambda e: line(e, at=f"{e.seconds * 1000:.12E}"), name="exact.csv")
    assert draft(exact).ready


@pytest.mark.parametrize(
    ("time", "told", "answer"),
    [
        (lambda e: e.seconds - 1_569_924_000, "counts from 0 to", "time=timestamp:s"),
        (lambda e: e.at.day, "counts from 1 to 4", "order=timestamp"),
        (lambda e: e.at.strftime("%b %d %H:%M:%S"), "has no year", None),
        (lambda e: e.at.strftime("%H:%M:%S"), "a clock without a day", "time=DAY_COLUMN,timestamp"),
        (lambda e: e.seconds if e.visit else e.at.isoformat(), "in several forms", None),
    ],
)
def test_a_time_that_no_card_reads_is_named(write_log, time, told, answer):
    question = draft(write_log(BASE, lambda e: line(e, at=time(e)))).questions[0]
    assert question.key == "timestamp" and told in question.text
    assert answer is None or question.answers[0] == answer


def test_numbers_that_rise_are_offered_as_the_order(write_log):
    rows = iter(range(180))
    path = write_log("display_id,ad_id,clicked", lambda e: f"{next(rows) // 3},{e.item},{int(e.what == 'cart')}")
    question = draft(path).questions[0]
    assert question.answers[0] == "order=display_id"
    made = draft(path, answers=["order=display_id", "user=none", "action_source=exposure"])
    assert made.ready and events.load(made.path).n_rows == 180


def test_milliseconds_since_the_session_began_are_offered(write_log):
    path = write_log(
        "session_id,item_id,timeframe,eventdate",
        lambda e: f"{e.user}-{e.visit},{e.item},{e.seconds % 3600 * 1000},{e.at.date()}",
    )
    question = draft(path).questions[0]
    assert question.answers[0] == "since_start=timeframe"
    assert [q.key for q in draft(path, answers=["since_start=timeframe", "event=view", "user=none"]).questions] == []


def test_sessions_that_are_mostly_empty_are_asked(write_log):
    path = write_log(
        "timestamp,user_id,sku,event,price,session_id",
        lambda e: f"{line(e)},{f'{e.user}-{e.visit}' if e.user % 3 == 0 else ''}",
    )
    (question,) = draft(path).questions
    assert question.key == "session" and question.answers[0] == "session=gap"
    is_the_shop(draft(path, answers=["session=gap"]))


def test_json_inside_a_text_file_is_named(write_log):
    path = write_log(
        "timestamp;user_id;event;params",
        lambda e: f"{e.at:%Y-%m-%d %H:%M:%S};{e.user};{e.what};" + json.dumps({"sku": e.item}),
    )
    (question,) = draft(path).questions
    assert question.key == "item" and "'params' holds JSON ({\"sku\"" in question.text


def test_a_line_of_types_below_the_header_is_no_row(write_log):
    header = "event_time\tuser_id\tsku\tevent\tprice\nDateTime64(3)\tUInt64\tString\tLowCardinality(String)\tFloat64"
    made = draft(write_log(header, lambda e: line(e).replace(",", "\t"), name="log.tsv"))
    assert made.ready, made.questions
    is_the_shop(made)
    assert events.load(made.path).report.set_aside == {}


def test_a_date_in_chinese_is_as_good_as_any_word(write_log):
    path = write_log(
        "用户ID,商品ID,行为类型,时间,价格",
        lambda e: f"{e.user},{e.item},{word(e, '浏览', '加购', '购买')},{e.at:%Y年%m月%d日 %H:%M},{e.price}",
        encoding="gbk",
    )
    made = draft(path)
    assert made.ready, made.questions
    is_the_shop(made)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('{"ts": {"0": 1, "1": 2}, "sku": {"0": 7, "1": 8}}', "columns, not rows"),
        ('{"columns": ["ts", "sku"], "index": [0], "data": [[1, 7]]}', "columns, not rows"),
        ('ts=2019-10-01T10:00:00Z user=500 event="a view"\n' * 9, "key=value"),
    ],
)
def test_what_is_no_log_of_rows_is_refused_by_name(tmp_path, text, what):
    path = tmp_path / "log.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=what):
        draft(path)


def test_items_of_a_flattened_ga4_export(write_log):
    path = write_log(
        "event_timestamp,user_pseudo_id,items_item_id,event_name,price_in_usd,items_quantity,item_revenue_in_usd",
        lambda e: (
            f"{e.seconds * 10**6},{e.user}.1,{e.item},{word(e, 'view_item', 'add_to_cart', 'purchase')},{e.price},"
            f"{e.quantity},{e.price * e.quantity if e.what == 'purchase' else ''}"
        ),
    )
    made = draft(path)
    assert made.ready and made.columns["price"][0] == "price_in_usd" and made.columns["item"][0] == "items_item_id"
    is_the_shop(made)


def test_a_factor_behind_a_number_is_no_text_to_leave_out(write_log):
    (question,) = draft(write_log(BASE, lambda e: line(e, price=f"{e.price}k"))).questions
    assert question.key == "price" and "k'" in question.text


@pytest.mark.parametrize("form", ["%d-%b-%y %I.%M.%S.000000 %p", "%d%b%Y:%H:%M:%S"])
def test_times_of_databases_are_ready(write_log, form):
    made = draft(write_log(BASE, lambda e: line(e, at=e.at.strftime(form).upper())))
    assert made.ready, made.questions
    is_the_shop(made)


def test_actions_and_rewards_of_logged_decisions(write_log):
    path = write_log(
        "decision_id,ts,user_id,action,propensity,reward",
        lambda e: f"d{e.user}{e.seconds},{e.seconds},{e.user},offer{e.item % 3},0.25,{word(e, 0, 0, 1)}",
    )
    made = draft(path)
    assert made.questions[0].key == "outcomes"
    assert made.questions[0].answers == ("outcomes=reward:click", "outcomes=reward:purchase")
    made = draft(path, answers=["outcomes=reward:click", "propensity=propensity"])
    assert made.ready, made.questions
    log = events.load(made.path)
    assert made.columns["item"][0] == "action" and log.counts == {"impression": 150, "click": 30}


def test_of_two_flags_of_one_event_the_stricter_counts(write_log):
    path = write_log(
        "timestamp,user_id,campaign_id,opened,clicked,converted",
        lambda e: f"{line(e, what='1', price='').removesuffix(',')},{word(e, 0, 1, 1)},{word(e, 0, 0, 1)}",
    )
    assert draft(path).questions[0].answers == ("outcomes=clicked:click,converted:purchase",)


def test_a_propensity_that_none_can_be_is_named(write_log):
    path = write_log(
        "timestamp,user_id,banner,click,propensity",
        lambda e: line(e, what=word(e, 0, 0, 1), price=word(e, 0, 0.5, 0.25)),
    )
    (question,) = [question for question in draft(path).questions if question.key == "propensity"]
    assert question.answers == ("propensity=none",) and "from 0 to 0.5" in question.text


def test_numbers_in_no_known_unit_are_named(write_log):
    question = draft(write_log(BASE, lambda e: line(e, at=(e.seconds + 11_644_473_600) * 10**6))).questions[0]
    assert "in no unit that is known" in question.text and question.answers == ("order=timestamp",)


def test_a_column_that_is_the_same_in_all_rows_is_no_item(write_log):
    path = write_log("timestamp,user_id,product_id,event,price,se_label", lambda e: f"{line(e, item='shop')},L{e.item}")
    (question,) = draft(path).questions
    assert question.key == "item" and question.answers[0] == "item=se_label"
    is_the_shop(draft(path, answers=["item=se_label"]))
