"""How times are written is told by their texts; what they do not decide stays open."""

from __future__ import annotations

import pytest

from rlbench_rec.events.infer.forms.time_forms import time_forms


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (["2019-10-01 10:00:00"], "iso"),
        (["2019-10-01T10:00:00.000+0000"], "iso"),
        (["2019-10-01 10:00", "2019-10-01 10:00:30"], "iso"),
        (["2019/10/1 10:00", "2019/10/31 10:01"], "%Y/%m/%d %H:%M"),
        (["01/10/2019 10:00", "13/10/2019 10:00"], "%d/%m/%Y %H:%M"),
        (["10/01/2019 10:00:00 AM", "10/13/2019 01:00:00 PM"], "%m/%d/%Y %I:%M:%S %p"),
        (["01/10/19 10:00", "25/10/19 11:00"], "%d/%m/%y %H:%M"),
        (["1.10.2019 10:00:00"], "%d.%m.%Y %H:%M:%S"),
        (["Oct 1, 2019 10:00 AM"], "%b %d, %Y %I:%M %p"),
        (["01-Oct-2019 10:00:00"], "%d-%b-%Y %H:%M:%S"),
        (["2019-10-01 10:00:00,123"], "%Y-%m-%d %H:%M:%S,%f"),
        (["2014-12-06 02"], "%Y-%m-%d %H"),
        (["20191001T100000Z"], "%Y%m%dT%H%M%SZ"),
        (["2019年10月01日 10:00"], "%Y年%m月%d日 %H:%M"),
        (["20191001"], "%Y%m%d"),
        # As seconds it would be the year 2033, as milliseconds 1976.
        (["2019100110"], "%Y%m%d%H"),
        (["201910011000"], "%Y%m%d%H%M"),
        (["1569924000"], "s"),
        (["1569924000.5"], "s"),
        (["1569924000000"], "ms"),
        (["1569924000000123"], "us"),
        (["1569924000000000123"], "ns"),
        (["43739.41667"], "excel"),
    ],
)
def test_the_form_is_told_by_the_texts(texts, name):
    (form,) = time_forms(texts, named=True)
    assert form.name == name and form.is_plausible and form.span.startswith(("2019-10-", "2014-12-06"))


def test_days_and_months_below_thirteen_are_told_by_nothing():
    forms = time_forms(["01/10/2019 10:00", "04/10/2019 10:00"], named=True)
    assert [(form.name, form.span) for form in forms] == [
        ("%d/%m/%Y %H:%M", "2019-10-01 to 2019-10-04"),
        ("%m/%d/%Y %H:%M", "2019-01-10 to 2019-04-10"),
    ]


@pytest.mark.parametrize(("text", "clock"), [("2019-10-01", False), ("2019-10-01 00:00:00", False), ("43739", False)])
def test_days_without_a_clock(text, clock):
    assert [form.has_clock for form in time_forms([text], named=True)] == [clock]


@pytest.mark.parametrize("text", ["abc", "500", "10013", "12.50", "", "A-7", "2019-13-45", "99/99/9999"])
def test_what_is_not_a_time(text):
    assert time_forms([text], named=True) == []


def test_numbers_with_a_decimal_comma():
    (form,) = time_forms(["43739,41667"], named=True)
    assert form.keys == {"time_unit": "excel", "decimal": ","} and form.span == "2019-10-01 to 2019-10-01"


def test_two_forms_in_one_column():
    texts = ["01.10.2019 10:00", "31.10.2019 10:00:30", "30.10.2019 10:00"]
    (form,) = time_forms(texts, named=True)
    assert form.keys == {"time_format": ["%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S"]}


def test_numbers_are_a_time_only_where_it_is_plausible_or_said():
    assert time_forms(["2569924000"], named=False) == []
    (form,) = time_forms(["2569924000"], named=True)
    assert form.name == "s" and not form.is_plausible


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Tue Oct 01 10:00:00 2019", "%a %b %d %H:%M:%S %Y"),
        ("Tue Oct  1 10:00:00 2019", "%a %b %d %H:%M:%S %Y"),
        ("Tue Oct 01 10:00:00 UTC 2019", "%a %b %d %H:%M:%S UTC %Y"),
        (
            "Tue Oct 01 2019 10:00:00 GMT+0000 (Coordinated Universal Time)",
            "%a %b %d %Y %H:%M:%S GMT%z (Coordinated Universal Time)",
        ),
        ("[01/Oct/2019:10:00:00 +0000]", "[%d/%b/%Y:%H:%M:%S %z]"),
        ("31.10.19, 10:00 Uhr", "%d.%m.%y, %H:%M Uhr"),
        ("31/10/2019 10h00", "%d/%m/%Y %Hh%M"),
        ("31.10.2019 10.30", "%d.%m.%Y %H.%M"),
        ("2019-10-01-10.00.00.000000", "%Y-%m-%d-%H.%M.%S.%f"),
        ("2019-10-01_10:00:00", "%Y-%m-%d_%H:%M:%S"),
        ("10:00 31/10/2019", "%H:%M %d/%m/%Y"),
    ],
)
def test_times_of_programs_and_with_something_around_them(text, name):
    (form,) = time_forms([text], named=True)
    assert form.name == name and form.zones == () and form.span.startswith("2019-10-")


@pytest.mark.parametrize(
    ("texts", "zones"),
    [
        (["2019-10-01 10:00:00 Europe/Berlin"], ("Europe/Berlin",)),
        (["2019-10-01 10:00:00 EST"], ("Etc/GMT+5", "America/New_York")),
        (["2019-10-31 10:00:00 EDT", "2019-12-01 10:00:00 EST"], ("America/New_York",)),
        (["2019-10-01 10:00:00 NZDT"], ("UTC", "PLACE/CITY")),
    ],
)
def test_a_zone_by_name(texts, zones):
    (form,) = time_forms(texts, named=True)
    assert form.zones == zones and form.keys["time_zone"] == zones[0]


@pytest.mark.parametrize(
    "texts",
    [
        ["1/31/2019 10:00 a.m.", "1/31/2019 10:00 p.m."],
        ["2019-10-01 10:00 EST", "2019-10-01 10:00 PST"],
        ["2019-10-01 10:00 (new)", "2019-10-01 10:00 (old)"],
        ["Oct 01 10:00:00"],
        ["12.50 EUR"],
    ],
)
def test_what_stands_around_a_time_may_not_change_it(texts):
    assert time_forms(texts, named=True) == []
