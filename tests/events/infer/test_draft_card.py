"""`rlbench data init`: a card drafted from a file loads that file, and says what could not be told."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from rlbench_rec import events
from rlbench_rec.errors import InputError, MissingFileError, OutputError
from rlbench_rec.events.infer import draft
from rlbench_rec.testing.datasets import check_log

CSV = """\
Event Time,Customer_ID,SKU,Action,Unit Price,device
2026-03-29T01:59:00+01:00,7,0012,product_view,9.90,phone
2026-03-29T03:01:00+02:00,7,0012,add-to-cart,9.90,phone
2026-03-29T03:31:01+02:00,9,A-7,BUY,NA,web
"""


def write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def test_a_drafted_card_loads_its_file_as_it_stands(tmp_path):
    made = draft(write(tmp_path / "My Shop.csv", CSV))
    assert made.ready and made.path == tmp_path / "my-shop.toml"
    assert {role: column for role, (column, _) in made.columns.items()} == {
        "timestamp": "Event Time", "item": "SKU", "event": "Action", "user": "Customer_ID", "price": "Unit Price",
    }  # fmt: skip
    log = events.load(made.path)
    check_log(log)
    assert log.report == events.LoadReport(3, 3, {})
    assert log.counts == {"cart": 1, "purchase": 1, "view": 1}
    # Leading zeros are part of an id, and the clocks went forward between the first two rows.
    assert log.to_pandas()["item_id"].tolist() == ["0012", "0012", "A-7"] and log.n_sessions == 2
    assert log.card.action_source == "choice" and log.card.propensity == "none"


@pytest.mark.parametrize("delimiter", [";", "\t", "|", "@"])
def test_delimiters(tmp_path, delimiter):
    text = CSV.replace(",", delimiter)
    assert events.load(draft(write(tmp_path / "log.txt", text)).path).n_rows == 3


def test_without_a_header_the_item_cannot_be_told(tmp_path):
    path = write(tmp_path / "log.csv", "1,51,pv,1511544070\n2,52,buy,1511544075\n")
    made = draft(path)
    assert not made.ready and made.columns["timestamp"] == ("column_4", "by its values")
    assert [question.key for question in made.questions] == ["item", "user"]
    assert made.questions[0].answers == ("item=column_1", "item=column_2")
    text = made.path.read_text()
    assert 'item = "FILL IN"' in text and 'time_unit = "s"' in text
    with pytest.raises(InputError, match=r"waits for answers to 2 questions: 1. No column is called an item"):
        events.load(made.path)
    # A card with open questions is replaced without --overwrite.
    made = draft(path, answers=["item=column_2", "user=column_1"])
    assert made.ready and events.load(made.path).counts == {"purchase": 1, "view": 1}


def test_a_propensity_and_exposures_are_the_users_to_say(tmp_path):
    text = "timestamp,item_id,position,click,propensity_score\n1700000000000,3,1,0,0.5\n1700000000001,4,2,1,0.25\n"
    path = write(tmp_path / "shown.csv", text)
    made = draft(path)
    assert [question.key for question in made.questions] == ["propensity", "user", "action_source"]
    assert 'action_source = "choice"' in made.path.read_text() and "propensity" not in made.columns
    made = draft(path, answers=["propensity=none", "user=none", "action_source=choice"])
    assert made.ready and events.load(made.path).card.propensity == "none"
    log = events.load(draft(path, overwrite=True, answers=["propensity=propensity_score", "user=none"]).path)
    assert log.counts == {"click": 1, "impression": 1}
    assert (log.card.action_source, log.card.propensity, log.card.session) == ("exposure", "logged", "row")


def test_strange_events_are_named_and_not_guessed(tmp_path):
    path = write(tmp_path / "log.csv", CSV + "2026-03-29T04:00:00Z,9,A-7,frobnicate,1,web\n")
    (question,) = draft(path).questions
    assert "'frobnicate' (25.0%)" in question.text and question.answers == (
        "events=frobnicate:none",
        "events.frobnicate=favourite",
        "events=none",
    )
    made = draft(path, answers=["events.frobnicate=favourite"])
    assert made.ready and events.load(made.path).counts["favourite"] == 1
    made = draft(path, answers=["events=none"], overwrite=True)
    assert events.load(made.path).report.set_aside == {"unknown_event": 1}


def test_parquet(tmp_path):
    table = pa.csv.read_csv(write(tmp_path / "log.csv", CSV))
    pa.parquet.write_table(table, tmp_path / "log.parquet")
    made = draft(tmp_path / "log.parquet")
    log = events.load(made.path)
    assert made.ready and log.n_rows == 3 and log.card.dialect == "parquet"


def test_jsonl(tmp_path):
    rows = [
        '{"ts": 1700000000, "shop": {"b": 3}, "sku": 9007199254740993, "type": "view", "user": "u", "price": 9.9}',
        '{"user": "u", "type": "order", "sku": 2, "ts": 1700000001, "price": null, "a/b~c": 1}',
        '{"user": "u", "type": "order"',
        "[1, 2]",
        '{"user": "u", "type": "order", "sku": "two", "ts": 1700000001}',
    ]
    path = write(tmp_path / "log.jsonl", "\n".join(rows))
    (question,) = draft(path).questions
    assert question.text.startswith("2 of 5 rows do not fit the card (malformed), such as line 3")
    made = draft(path, answers=["accept=malformed"])
    log = events.load(made.path)
    check_log(log)
    assert made.ready and log.report == events.LoadReport(5, 3, {"malformed": 2})
    assert log.to_pandas()["item_id"].tolist() == ["9007199254740993", "2", "two"]


def test_ids_are_int64_only_if_written_as_int64_would_be(tmp_path):
    head = "time,item,event,user\n1700000000,{},view,9007199254740993\n"
    for item, kind in (("7", "int64"), ("007", "string"), ("9223372036854775808", "string"), ("-3", "int64")):
        card = events.find_card(draft(write(tmp_path / "a.csv", head.format(item)), overwrite=True).path)
        assert (card.id_types.item, card.id_types.user) == (kind, "int64")


def test_events_that_come_late_in_a_long_file_are_seen(tmp_path):
    rows = (f"1700000{i % 1000:03d},{i},{'order' if i > 399_000 else 'view'},{i % 9}\n" for i in range(400_000))
    made = draft(write(tmp_path / "long.csv", "time,item,event,user\n" + "".join(rows)))
    assert made.events == {"view": "view", "order": "purchase"}
    assert any("not all of them" in note for note in made.notes)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("dialect=json", "--answer dialect=json: The file is text with delimiters: it cannot be read so."),
        ("dialect=parquet", "it cannot be read so"),
        ("item=nope", "There is no column 'nope'"),
        ("questions=x", "is not an answer"),
        ("accept=everything", "No question is settled"),
    ],
)
def test_an_answer_that_cannot_be_used_writes_no_card(tmp_path, answer, message):
    path = write(tmp_path / "log.csv", CSV)
    with pytest.raises(InputError, match=message):
        draft(path, answers=[answer])
    assert list(tmp_path.iterdir()) == [path]


def test_how_text_is_split_does_not_apply_to_json(tmp_path):
    path = write(tmp_path / "log.jsonl", '{"time": 1700000000, "item": 1, "event": "view", "user": 3}\n' * 2)
    assert draft(path, answers=["dialect=jsonl"]).ready
    with pytest.raises(InputError, match=r"--answer delimiter=;: The file is JSON, an object in each line"):
        draft(path, answers=["delimiter=;"], overwrite=True)


@pytest.mark.parametrize("folder", ["", ".", "..", "../months"])
def test_a_folder_is_called_after_where_it_lies(tmp_path, monkeypatch, folder):
    (tmp_path / "months/inner").mkdir(parents=True)
    write(tmp_path / "months/a.csv", CSV)
    write(tmp_path / "months/b.csv", CSV)
    monkeypatch.chdir(tmp_path / "months/inner" if folder == ".." else tmp_path / "months")
    made = draft(Path(folder))
    assert made.path.resolve() == tmp_path / "months.toml" and events.load(made.path).n_rows == 6


def test_a_card_is_never_overwritten_silently(tmp_path):
    made = draft(write(tmp_path / "log.csv", CSV))
    made.path.write_text("mine")
    with pytest.raises(OutputError, match="card here already"):
        draft(tmp_path / "log.csv")
    assert made.path.read_text() == "mine"
    draft(tmp_path / "log.csv", overwrite=True)
    assert made.path.read_text() != "mine"


@pytest.mark.parametrize("name", ["a'b.csv", "[1]*.csv", "日本.csv", "a:b.csv", 'q"uote.csv'])
def test_any_file_name(tmp_path, name):
    made = draft(write(tmp_path / name, CSV))
    assert events.load(made.path).n_rows == 3


def test_columns_may_bear_any_name(tmp_path):
    text = 'time,item,event,"a ""quoted"", \x7f name",user\n1700000000,1,view,x,2\n'
    assert events.load(draft(write(tmp_path / "log.csv", text)).path).n_rows == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"a,b,c\n", "no row"),
        (b"just words\nand more\n", "No delimiter"),
        (b"PAR1 but not really", "Not a Parquet file"),
        (b"a,b\n\0\0\0\0", "not a text file"),
        (b"\x1f\x8bbroken", "archive is broken"),
        (b'{"a": \n', "No line is a JSON object"),
    ],
)
def test_files_that_are_no_log(tmp_path, content, message):
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(InputError, match=message):
        draft(tmp_path / "x.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]


def test_no_file_a_folder_and_a_card_of_another_kind(tmp_path):
    with pytest.raises(MissingFileError):
        draft(tmp_path / "nowhere.csv")
    with pytest.raises(InputError, match="folder"):
        draft(tmp_path)
    with pytest.raises(InputError, match=r"\.toml file"):
        draft(write(tmp_path / "log.csv", CSV), tmp_path / "card.json")


def test_a_gzipped_log_is_looked_into(tmp_path):
    (tmp_path / "log.csv.gz").write_bytes(gzip.compress(CSV.encode()))
    assert draft(tmp_path / "log.csv.gz").ready


def test_real_samples(shared_data, tmp_path):
    rees46 = shared_data / "rees46/2019-Oct-sample.csv"
    made = draft(rees46, tmp_path / "rees46.toml")
    # The card lies elsewhere, and finds the log.
    assert made.ready and events.load(made.path).n_rows == 1_000
    bandit = shared_data / "open_bandit/obd/bts/men/men.csv"
    made = draft(bandit, tmp_path / "bandit.toml")
    assert [question.key for question in made.questions] == ["propensity", "user", "action_source"]
    made = draft(bandit, made.path, answers=["propensity=propensity_score", "user=none"])
    log = events.load(made.path)
    assert made.ready and log.n_rows == 10_000 and log.card.session == "row"
