"""Every way of writing a time, and texts that are none."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlbench_rec import events
from rlbench_rec.errors import DataWarning, InputError
from rlbench_rec.events.cards.card import DatasetCard
from rlbench_rec.events.read.time_casts import not_a_time, timestamp

HEADER = "time,user,item,what,price\n"
TEN = 1_569_924_000_000
"""2019-10-01 10:00 UTC."""


@functools.cache
def database() -> duckdb.DuckDBPyConnection:
    """One for all texts: to make it takes longer than to read them."""
    return duckdb.connect()


def read(texts: list[str], **keys: object) -> list[int | None]:
    """Milliseconds of each text, as a card with these keys reads it."""
    card = DatasetCard.model_validate(
        {
            "id": "shop",
            "title": "",
            "licence": "",
            "citation": "",
            "columns": {"timestamp": "t", "item": "i", "user": "u"},
            "event": "view",
            "files": [{"pattern": "log.csv"}],
            "reward_weights": {},
            "action_source": "choice",
            "propensity": "none",
            **keys,
        }
    )
    with database().cursor() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("texts", pa.table({"place": range(len(texts)), "t": texts}))
        rows = f"SELECT place, {timestamp('t', card)} AS moment FROM texts"
        judged = f"SELECT CASE WHEN NOT ({not_a_time('moment', card)}) THEN moment END FROM ({rows}) ORDER BY place"
        return [moment for (moment,) in connection.execute(judged).fetchall()]


@pytest.mark.parametrize(
    ("unit", "text", "milliseconds"),
    [
        ("s", "1569924000", TEN),
        ("s", "1569924000.0", TEN),
        ("s", "1569924000.123", TEN + 123),
        ("s", "1569924000.1234", TEN + 123),
        ("s", "1569924000.1235", TEN + 124),
        ("s", "1569924000.", TEN),
        ("s", "1.569924e9", TEN),
        ("s", "1.569924000123E+09", TEN + 123),
        ("s", "-0.0015", -2),
        ("ms", "1569924000000", TEN),
        ("ms", "1569924000000.5", TEN + 1),
        ("ms", "1.569924e+12", TEN),
        ("us", "1569924000123999", TEN + 123),
        ("us", "1569924000123999.9", TEN + 123),
        ("us", "1.569924e+15", TEN),
        ("us", "-1", -1),
        ("us", "-1000", -1),
        ("ns", "1569924000123999999", TEN + 123),
        ("ns", "1.569924e+18", TEN),
        ("ns", "-1", -1),
        ("ns", "9223372036854775807", 9_223_372_036_854),
        ("excel", "43739", TEN - 36_000_000),
        ("excel", "43739.41667", TEN + 288),
        ("excel", "43739.416666666664", TEN),
        ("excel", "4.373941667E4", TEN + 288),
        ("excel", "61", -2_203_891_200_000),
    ],
)
def test_numbers_are_exact_to_the_millisecond(unit, text, milliseconds):
    assert read([text], time_unit=unit) == [milliseconds]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns", "excel"])
@pytest.mark.parametrize(
    "text", ["", " 1569924000", "1,569,924,000", "1e99", "1e400", "nan", "inf", "0x10", "--1", ".", "e9", "9" * 40]
)
def test_what_is_not_a_number_is_not_a_time(unit, text):
    assert read([text], time_unit=unit) == [None]


def test_numbers_have_the_decimal_mark_of_the_card():
    assert read(["43739,41667", "43739.5", "43,739,5"], time_unit="excel", decimal=",") == [
        TEN + 288,
        TEN + 7_200_000,
        None,
    ]
    assert read(["1569924000,123", "1569924000"], time_unit="s", decimal=",") == [TEN + 123, TEN]
    assert read(["1569924000,123"], time_unit="s") == [None]


@pytest.mark.parametrize("text", ["60", "-5", "0", "1569924000", "2958466"])
def test_excel_has_days_from_march_1900_to_the_year_9999(text):
    assert read([text], time_unit="excel") == [None]


def test_excel_days_are_those_of_the_time_zone():
    assert read(["43739.5"], time_unit="excel", time_zone="Asia/Shanghai") == [TEN - 6 * 3_600_000]


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("2019-10-01 10:00:00", TEN),
        ("2019-10-01T10:00", TEN),
        ("2019/10/1 10:00", TEN),
        ("2019-10-1 10:0", TEN),
        ("2019-10-01 10:00:00.123456789", TEN + 123),
        ("2019-10-01 10:00:00 UTC", TEN),
        ("2019-10-01T10:00:00Z", TEN),
        ("2019-10-01T10:00:00.123456789Z", TEN + 123),
        ("2019-10-01T10:00:00.000+0000", TEN),
        ("2019-10-01T18:00:00+08", TEN),
        ("2019-10-01T18:00:00+08:00", TEN),
        ("2019-10-01 18:00:00 +0800", TEN),
        ("2019-10-01", TEN - 36_000_000),
        ("2019-10-01 24:00:00", TEN + 14 * 3_600_000),
        ("1000-01-01", -30_610_224_000_000),
        ("9999-12-31 23:59:59", 253_402_300_799_000),
    ],
)
def test_iso_times(text, milliseconds):
    assert read([text], time_unit="iso") == [milliseconds]


@pytest.mark.parametrize(
    "text",
    [
        "01/10/19",
        "01/10/19 10:00",
        "1/10/19    10:00:00 UTC",
        "01/10/19 10:00:00Z",
        "19-10-01T10:00:00Z",
        "0000-01-01",
        "0001-01-01T00:00:00Z",
        "-2019-10-01",
        "12019-10-01 10:00:00",
        "12019-1-01 10:00:00 UTC",
        "2019-02-30",
        "2019-13-01",
        "2019-10-01 25:00:00",
        "2019-10-01 23:59:60",
        "2019-W40-2",
        "2019-274",
        "2019-10-01 10:00:00 AM",
        "2019-10-01 10:00:00,123",
        "2019-10-01 10:00:00 soon: maybe",
        "epoch",
        "now: 10:00",
        "20191001",
        "1569924000",
    ],
)
def test_iso_has_a_year_of_four_digits_and_nothing_else_around_it(text):
    assert read([text], time_unit="iso") == [None]


@pytest.mark.parametrize(
    ("form", "text", "milliseconds"),
    [
        ("%d/%m/%Y %H:%M", "01/10/2019 10:00", TEN),
        ("%d/%m/%y %H:%M", "01/10/19 10:00", TEN),
        ("%d.%m.%Y %H:%M:%S", "1.10.2019 10:00:00", TEN),
        ("%b %d, %Y %I:%M %p", "Oct 1, 2019 10:00 AM", TEN),
        ("%B %d, %Y %I:%M %p", "october 1, 2019 10:00 am", TEN),
        ("%a %b %d %H:%M:%S %z %Y", "Tue Oct 01 10:00:00 +0000 2019", TEN),
        ("%d/%b/%Y:%H:%M:%S %z", "01/Oct/2019:18:00:00 +0800", TEN),
        ("%Y%m%dT%H%M%S%z", "20191001T100000Z", TEN),
        ("%Y-%m-%d %H:%M:%S,%f", "2019-10-01 10:00:00,123", TEN + 123),
        ("%Y-%m-%d %H:%M:%S.%f", "2019-10-01 10:00:00.123456789", TEN + 123),
        ("%Y%m%d%H%M%S%f", "20191001100000123", TEN + 123),
        ("%Y%m%d%H%M", "201910011000", TEN),
        ("%Y%m%d%H", "2019100110", TEN),
        ("%Y年%m月%d日 %H:%M", "2019年10月1日 10:00", TEN),
        ("%Y-%m-%dT%H:%M:%S%z", "2019-10-01T18:00:00+08", TEN),
        ("%Y-%m-%dT%H:%M:%S%z", "2019-10-01T18:00:00+08:00", TEN),
        ("%Y %j %H:%M", "2019 274 10:00", TEN),
        ("%I %p %d-%m-%Y", "12 AM 01-10-2019", TEN - 36_000_000),
        ("%I %p %d-%m-%Y", "12 PM 01-10-2019", TEN + 7_200_000),
        ("%d%m%y, 100%% '%H'", "011019, 100% '10'", TEN),
        # Leading zeros that a spreadsheet took.
        ("%Y%m%d %H%M", "20191001 930", TEN - 1_800_000),
        ("%Y%m%d %H%M", "20191001 5", TEN - 35_700_000),
        ("%Y%m%d %H%M%S", "20191001 100000", TEN),
        ("%d%m%Y", "1102019", TEN - 36_000_000),
    ],
)
def test_formats(form, text, milliseconds):
    assert read([text], time_format=form) == [milliseconds]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("%d/%m/%Y", "01/10/2019 10:00"),
        ("%d/%m/%Y %H:%M", "01/10/2019 10:00 PM"),
        ("%d/%m/%Y", " 01/10/2019"),
        ("%d/%m/%Y", "01/10/19"),
        ("%d/%m/%Y", "31/02/2019"),
        ("%d/%m/%Y", "10/31/2019"),
        ("%d/%m/%y", "01/10/2019"),
        ("%Y-%m-%d", "0019-10-01"),
        ("%Y-%m-%d", "12019-10-01"),
        ("%Y-%m-%d %H:%M", "2019-10-01 24:00"),
        ("%Y-%m-%d %H:%M:%S", "2019-10-01 10:00:60"),
        ("%I:%M %p %d/%m/%Y", "13:00 PM 01/10/2019"),
        ("%Y%m%d%H%M", "20191001100"),
        ("%Y%m%d", "2019101"),
        ("%Y-%m-%d %H:%M%z", "2019-10-01 10:00+99"),
        ("%b %d, %Y", "Okt 1, 2019"),
        ("%d.%m.%Y", "1x10x2019"),
    ],
)
def test_the_whole_text_fits_its_format(form, text):
    assert read([text], time_format=form) == [None]


def test_formats_are_tried_in_order():
    forms = ["%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d %H:%M"]
    read_times = read(["01/10/2019", "10/31/2019", "2019-10-01 10:00", "2019-10-01"], time_format=forms)
    assert read_times == [TEN - 36_000_000, 1_572_480_000_000, TEN, None]


def test_a_format_without_an_offset_is_in_the_time_zone_of_the_card():
    times = read(["2019-10-01 12:00"], time_format="%Y-%m-%d %H:%M", time_zone="Europe/Berlin")
    offset = read(["2019-10-01 12:00+0200"], time_format="%Y-%m-%d %H:%M%z", time_zone="America/New_York")
    assert times == offset == [TEN]


@pytest.mark.parametrize("form", ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S UTC", "%Y-%m-%dT%H:%M:%S GMT"])
def test_a_format_that_ends_in_utc_is_in_utc(form):
    text = "2019-10-01T10:00:00" + form[17:]
    assert read([text], time_format=form, time_zone="Europe/Berlin") == [TEN]


DATES = ["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%y", "%d.%m.%y", "%b %d, %Y", "%d %B %Y", "%a %d %b %Y", "%Y %j", "%Y/%m/%d"]
CLOCKS = ["%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%H:%M:%S,%f", "%I:%M %p", "%I:%M:%S.%f %p", "%H%M", "%H%M%S", "%H%M%z"]
COMPACT = ["%Y%m%d%H%M", "%Y%m%d%H%M%S", "%Y%m%d%H", "%y%m%d%H%M", "%d%m%Y%H%M", "%Y%m%dT%H%M%S%z", "%Y%m%d%H%M%S%f"]
FORMS = st.one_of(
    st.sampled_from(COMPACT),
    st.builds(lambda day, time: f"{day} {time}", st.sampled_from(DATES), st.sampled_from(CLOCKS)),
)
MOMENTS = st.datetimes(datetime(1969, 1, 1), datetime(2068, 12, 31), timezones=st.just(UTC))


@given(form=FORMS, moments=st.lists(MOMENTS, min_size=1, max_size=20))
@settings(deadline=None, max_examples=60)
def test_formats_mean_what_they_mean_to_python(form, moments):
    texts = [moment.strftime(form) for moment in moments]
    assert read(texts, time_format=form) == [_python(text, form) for text in texts]


@given(form=FORMS, texts=st.lists(st.text("0123456789:/-., APMamOct+Z", max_size=24), min_size=1, max_size=20))
@settings(deadline=None, max_examples=60)
def test_what_a_format_reads_python_reads_too(form, texts):
    for text, moment in zip(texts, read(texts, time_format=form), strict=True):
        if moment is not None:
            assert _python(text, form) == moment


UNITS = [{"time_unit": unit} for unit in ("iso", "s", "ms", "us", "ns", "excel")]
KEYS = UNITS + [{"time_format": form} for form in ("%Y-%m-%d %H:%M:%S.%f", "%d/%m/%y %I %p", "%H%M %d%m%Y", COMPACT)]
FAR = [
    "9" * 18,
    "-" + "9" * 19,
    "9.99e15",
    "-1e37",
    "2958465.9999999999999",
    "294247-01-10 04:00:54",
    "infinity: -1e400",
]
ODD = st.one_of(st.sampled_from(FAR), st.text("0123456789:/-.,+ eETZUCAPM", max_size=30), st.text(max_size=10))


@given(
    keys=st.sampled_from(KEYS),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia"]),
    texts=st.lists(ODD, min_size=1, max_size=30),
)
@settings(deadline=None, max_examples=80)
def test_whatever_a_text_is_the_others_are_read(keys, zone, texts):
    plain = {"iso": "2019-10-01", "excel": "43739"}.get(str(keys.get("time_unit")), "1569888000")
    times = read([*texts, plain], time_zone=zone, **keys)
    assert len(times) == len(texts) + 1 and ("time_format" in keys or times[-1] is not None)


def _python(text: str, form: str) -> int:
    moment = datetime.strptime(text, form)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    milliseconds, below = divmod((moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1), 1_000)
    return milliseconds + (below >= 500)


@pytest.mark.parametrize("day", ["2019-10-01 00:00:00", "2019-10-01T00:00", "2019-10-01 00:00:00.000"])
def test_a_day_that_is_kept_as_a_time_gives_way_to_the_clock(day, shop):
    columns = '{ timestamp = ["time", "price"], item = "item", event = "what", user = "user" }'
    log = events.load(
        shop(f"{HEADER}{day},1,7,view,10:00:00\n{day},1,8,view,00:00\n", time_unit='"iso"', columns=columns)
    )
    assert log.to_pandas()["timestamp"].tolist() == [TEN - 36_000_000, TEN]


def test_date_and_time_in_two_columns(shop, tmp_path):
    columns = '{ timestamp = ["time", "clock"], item = "item", event = "what", user = "user" }'
    header = "time,clock,user,item,what\n"
    log = events.load(
        shop(
            f"{header}2019-10-02,09:00:00,1,7,view\n2019-10-01,10:00:00,1,8,view\n2019-10-01,,1,9,view\n",
            time_unit='"iso"',
            columns=columns,
        )
    )
    assert log.to_pandas()["timestamp"].tolist() == [TEN, TEN + 23 * 3_600_000]
    assert log.report.set_aside == {"malformed": 1}, "without a clock time the day alone is not taken"
    numbers = shop(f"{header}20191001,1000,1,7,view\n20191001,5,1,8,view\n", columns=columns)
    text = numbers.read_text().replace('time_unit = "s"', 'time_format = "%Y%m%d %H%M"')
    numbers.write_text(text)
    assert events.load(numbers).to_pandas()["timestamp"].tolist() == [TEN - 35_700_000, TEN]


@pytest.mark.parametrize(
    ("kind", "unit", "expected"),
    [
        (pa.timestamp("ns"), "iso", TEN + 123),
        (pa.timestamp("us", "UTC"), "iso", TEN + 123),
        (pa.timestamp("ms", "Asia/Tokyo"), "iso", TEN + 123),
        (pa.timestamp("s"), "iso", TEN),
        (pa.date32(), "iso", TEN - 36_000_000),
        (pa.int64(), "ms", TEN + 123),
        (pa.float64(), "ms", TEN + 123),
    ],
)
def test_columns_of_parquet(kind, unit, expected, shop, tmp_path):
    times = pa.array([TEN + 123], pa.int64())
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        times = times.cast(pa.timestamp("ms"))
    times = times.cast(kind, safe=False)
    pq.write_table(
        pa.table({"time": times, "user": [1], "item": [7], "what": ["view"], "price": [1.0]}), tmp_path / "log.parquet"
    )
    card = shop("", 'dialect = "parquet"\n', time_unit=f'"{unit}"', files='[{ pattern = "*.parquet" }]')
    assert events.load(card).to_pandas()["timestamp"].tolist() == [expected]


def test_a_side_table_in_time_does_not_begin_in_the_year_1(shop, tmp_path):
    (tmp_path / "side.tsv").write_text("time,item,category\n01/09/19 10:00,7,3\n2019-09-02 10:00,7,4\n")
    lookup = (
        'lookups = [{ pattern = "side.tsv", delimiter = ",", key = { item = "item" }, into = "category", '
        'value = "category", as_of = "time" }]\n'
    )
    log = events.load(
        shop(f"{HEADER}2019-09-01 12:00,1,7,view,\n2019-09-03 12:00,1,7,view,\n", lookup, time_unit='"iso"')
    )
    assert log.report.lookups["category"] == {"read": 2, "taken": 1, "other": 0, "repeated": 0, "malformed": 1}
    assert log.to_pandas()["category"].fillna(0).tolist() == [0, 4]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ('time_format = "%d/%m %H:%M"', "does not say the day"),
        ('time_format = "%H:%M"', "does not say the day"),
        ('time_format = "%d/%m/%Q"', "%Q is not read"),
        ('time_format = "%Y-%m-%d %Z"', "zone names are ambiguous"),
        ('time_format = "%s"', 'time_unit = "s"'),
        ('time_format = "%Y-%m-%d %I:%M"', "hours of AM and PM are %I with %p"),
        ('time_format = "%Y-%m-%d %H:%M %p"', "hours of AM and PM are %I with %p"),
        ('time_format = "%Y-%m-%d %y"', "says one thing twice, by %Y and %y"),
        ('time_format = "%Y-%m-%d %d"', "%d twice"),
        ('time_format = "%Y-%m-%d%"', "ends in a single %"),
        ('time_format = "%Y-%m-%d\\u0000"', "control characters"),
        ("time_format = []", "one format, or a list"),
        ('time_format = ["%Y-%m-%d", "%H"]', "does not say the day"),
        ('time_format = "%Y-%m-%d"\ntime_unit = "s"', "time_unit or by time_format"),
        ('time_unit = "h"', "time_unit"),
    ],
)
def test_a_card_with_a_format_that_says_no_time_is_refused(keys, message, shop):
    card = shop(f"{HEADER}1,1,7,view,\n")
    card.write_text(card.read_text().replace('time_unit = "s"', keys))
    with pytest.raises(InputError, match=message):
        events.load(card)


def test_several_columns_are_not_a_number(shop):
    card = shop(
        f"{HEADER}1,1,7,view,\n",
        columns='{ timestamp = ["time", "user"], item = "item", event = "what", user = "user" }',
    )
    with pytest.raises(InputError, match="several columns needs time_format"):
        events.load(card)


BERLIN = '"iso"\ntime_zone = "Europe/Berlin"'


def rows_at(*times: str) -> str:
    return HEADER + "".join(f"{time},1,7,view,\n" for time in times)


def test_times_in_the_hour_that_comes_twice_are_counted(shop):
    text = rows_at("2019-10-27 01:59:59", "2019-10-27 02:00:00", "2019-10-27 02:59:59", "2019-10-27 03:00:00")
    with pytest.warns(DataWarning, match="times in a repeated hour: 2"):
        log = events.load(shop(text, time_unit=BERLIN))
    assert log.report.noted == {"times in a repeated hour": 2} and log.report.rows_kept == 4


def test_half_an_hour_can_come_twice(shop):
    zone = '"iso"\ntime_zone = "Australia/Lord_Howe"'
    with pytest.warns(DataWarning, match="times in a repeated hour: 1"):
        events.load(shop(rows_at("2019-04-07 01:20:00", "2019-04-07 01:40:00", "2019-04-07 02:10:00"), time_unit=zone))


@pytest.mark.parametrize(
    ("unit", "times"),
    [
        ('"iso"', ["2019-10-27 02:30:00"]),
        (BERLIN, ["2019-10-26 02:30:00", "2019-10-28 02:30:00"]),
        (BERLIN, ["2019-10-27 02:30:00+02:00", "2019-10-27 02:30:00+01:00"]),
        ('"s"\ntime_zone = "Europe/Berlin"', ["1572139800"]),
        (BERLIN, ["1000-01-01", "9999-12-31"]),
    ],
    ids=["UTC", "other days", "with their offset", "numbers", "far away"],
)
def test_no_hour_comes_twice(unit, times, shop):
    assert events.load(shop(rows_at(*times), time_unit=unit)).report.noted == {}


FILES = '[{ pattern = "log.csv", columns = { %s } }]'


def test_a_file_can_have_its_time_in_two_columns(shop):
    text = "day,clock,user,item,what,price\n2019-10-01,10:00,1,7,view,\n"
    log = events.load(shop(text, time_unit='"iso"', files=FILES % 'timestamp = ["day", "clock"]'))
    assert log.to_pandas()["timestamp"].tolist() == [TEN]


@pytest.mark.parametrize("columns", ['item = ["item", "what"]', "timestamp = []", 'timestamp = ["time"]'])
def test_other_columns_of_a_file_are_one(columns, shop):
    with pytest.raises(InputError, match="is one column; timestamp and session may be several"):
        events.load(shop(f"{HEADER}1,1,7,view,\n", files=FILES % columns))
