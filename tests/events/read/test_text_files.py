"""Text in every encoding, with every kind of line end; what is not text is named."""

from __future__ import annotations

import codecs
import gzip
import io
import zipfile

import pandas as pd
import pytest

from rlbench_rec import events
from rlbench_rec.errors import InputError
from rlbench_rec.events.read import text_files

HEADER = "time,user,item,what,price\n"
GOOD = "1,1,7,view,1.5\n"
TEXT_ITEMS = 'id_types = { item = "string" }\n'


def text_log(word: str, rows: int = 3) -> str:
    return HEADER + "".join(f"{i},1,{word}{i},view,1.5\n" for i in range(rows))


@pytest.mark.parametrize(
    ("encoding", "word"),
    [
        ("gbk", "手机"),
        ("gb18030", "手机😀"),
        ("big5", "手機"),
        ("shift_jis", "ソニー表"),
        ("euc_kr", "휴대폰"),
        ("iso2022_jp", "電話"),
        ("latin-1", "Kühlschrank"),
        ("cp1252", "5 € neu"),
        ("cp1251", "телефон"),
        ("utf-16", "手机"),
        ("utf-16-le", "手机"),
        ("utf-16-be", "手机😀"),
        ("utf-32", "手机"),
        ("utf-8-sig", "手机"),
    ],
)
@pytest.mark.parametrize("chunk", [1, 3, 1 << 20])
def test_a_log_in_another_encoding(shop, encoding, word, chunk, monkeypatch):
    monkeypatch.setattr(text_files, "CHUNK_BYTES", chunk)
    log = events.load(shop(text_log(word).encode(encoding), f'encoding = "{encoding}"\n{TEXT_ITEMS}'))
    assert log.report == events.LoadReport(3, 3)
    assert log.to_pandas()["item_id"].tolist() == [f"{word}{i}" for i in range(3)]


def test_the_header_is_decoded_too(shop):
    card = shop(
        "时间,用户,商品,what,price\n1,2,7,view,\n".encode("gbk"),
        'encoding = "gbk"\n',
        columns='{ timestamp = "时间", user = "用户", item = "商品", event = "what" }',
    )
    assert events.load(card).to_pandas()["item_id"].tolist() == [7]


@pytest.mark.parametrize("encoding", ["gbk", "big5", "shift_jis", "cp1252"])
def test_a_log_without_its_encoding_is_told_so(shop, encoding):
    for text in (text_log("é" if encoding == "cp1252" else "表"), HEADER.replace("item", "Größe表")):
        content = text.encode(encoding, "ignore")
        with pytest.raises(InputError, match=r"in another encoding: name it in the card, such as encoding = \"gbk\""):
            events.load(shop(content, TEXT_ITEMS))


@pytest.mark.parametrize(
    ("encoding", "bad"),
    [("gbk", b"\xff"), ("gbk", b"\x81"), ("big5", b"\xf9\xff"), ("shift_jis", b"\x81"), ("ascii", b"\xe9")],
)
def test_bytes_that_do_not_decode_spoil_their_own_line_alone(shop, encoding, bad):
    content = (HEADER + GOOD).encode() + b"2,1,8,view" + bad + b"\n3,1,9,view,1\n" + b"4,1,10,view,1" + bad
    log = events.load(shop(content, f'encoding = "{encoding}"\n'))
    assert log.report == events.LoadReport(4, 2, {"malformed": 2})
    assert pd.read_parquet(log.quarantine)["line"].tolist() == [3, 5]
    assert log.to_pandas()["item_id"].tolist() == [7, 9]


def test_half_a_character_of_utf_16(shop):
    content = (HEADER + GOOD + "2,1,8,vi").encode("utf-16-le") + b"\x00\xd8" + "ew,\n".encode("utf-16-le")
    log = events.load(shop(content + GOOD.encode("utf-16-le") + b"x", 'encoding = "utf-16"\n'))
    assert log.report.rows_read == 4 and log.report.rows_kept == 2
    assert pd.read_parquet(log.quarantine)["line"].tolist() == [3, 5]


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("said", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_byte_order_mark_counts_for_more_than_the_card(shop, order, said):
    content = ("\ufeff" + HEADER + GOOD).encode(order)
    assert events.load(shop(content, f'encoding = "{said}"\n')).n_rows == 1
    with_mark = codecs.BOM_UTF8 + text_log("é", 1).encode()
    log = events.load(shop(with_mark, f'encoding = "gbk"\n{TEXT_ITEMS}'))
    assert log.to_pandas()["item_id"].tolist() == ["é0"]


def test_packed_and_encoded(shop):
    card = shop(gzip.compress(text_log("手机").encode("gbk")), f'encoding = "gbk"\n{TEXT_ITEMS}')
    assert events.load(card).to_pandas()["item_id"].tolist() == ["手机0", "手机1", "手机2"]


def test_json_lines_of_powershell(shop):
    rows = '{"time": 1, "user": 1, "item": "手机", "what": "view", "price": 2}\r\n' * 2
    log = events.load(shop(rows.encode("utf-16"), f'dialect = "jsonl"\nencoding = "utf-16"\n{TEXT_ITEMS}'))
    assert log.to_pandas()["item_id"].tolist() == ["手机", "手机"]


@pytest.mark.parametrize("last", ["", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "mac_roman"])
def test_line_ends_of_old_macs(shop, last, encoding, monkeypatch):
    text = (HEADER + GOOD + "2,1,8,view,\n\n3,1,9,buy,2").replace("\n", "\r") + last
    for chunk in (120, 1 << 20):
        monkeypatch.setattr(text_files, "CHUNK_BYTES", chunk)
        log = events.load(shop(text.encode(encoding), f'encoding = "{encoding}"\n'))
        assert log.report == events.LoadReport(4, 3, {"malformed": 1})
        assert pd.read_parquet(log.quarantine)["line"].tolist() == [4]


def test_a_block_that_ends_between_the_two_characters_of_a_line_end(shop, monkeypatch):
    text = (HEADER + GOOD).replace("\n", "\r\n")
    monkeypatch.setattr(text_files, "CHUNK_BYTES", text.index("\n"))
    assert events.load(shop(text)).report == events.LoadReport(1, 1)


def workbook() -> bytes:
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("[Content_Types].xml", "<Types/>")
        parts.writestr("xl/workbook.xml", "<workbook/>")
    return box.getvalue()


def archive() -> bytes:
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as parts:
        parts.writestr("log.csv", HEADER + GOOD)
    return box.getvalue()


@pytest.mark.parametrize("dialect", ["delimited", "jsonl"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (workbook(), r"an Excel workbook \(\.xlsx\), not a text file\. Save the sheet as CSV UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), r"an Excel workbook \(\.xls\)"),
        (archive(), r"a zip archive, not a text file\. Name it \.zip"),
        (b"PAR1" + bytes(40), 'a Parquet file.*dialect = "parquet"'),
        (b"%PDF-1.7\n", "a PDF"),
        (b"SQLite format 3\0" + bytes(40), "a SQLite database"),
        (b"\n <!DOCTYPE html>\n<html>", "a web page.*get the file again"),
        (codecs.BOM_UTF8 + b"<html><body>Log in</body></html>", "a web page"),
        (b'<?xml version="1.0"?><Workbook/>', "an XML file"),
        ((HEADER + GOOD).encode("utf-16"), r'The file is UTF-16\. Say encoding = "utf-16" in the card'),
        ((HEADER + GOOD).encode("utf-16-le"), 'The file is UTF-16. Say encoding = "utf-16-le"'),
        ((HEADER + GOOD).encode("utf-16-be"), 'The file is UTF-16. Say encoding = "utf-16-be"'),
        ((HEADER + GOOD).encode("utf-32"), 'The file is UTF-32. Say encoding = "utf-32"'),
    ],
)
def test_what_is_not_text_is_named_with_what_to_do(shop, dialect, content, message):
    with pytest.raises(InputError, match=r"log\.csv: .*" + message):
        events.load(shop(content, f'dialect = "{dialect}"\n'))


def test_utf_16_where_the_card_says_gbk(shop):
    with pytest.raises(InputError, match=r"The file is UTF-16\. Say encoding"):
        events.load(shop((HEADER + GOOD).encode("utf-16"), 'encoding = "gbk"\n'))


@pytest.mark.parametrize("name", ["gkb", "hex", "rot13", "idna", "punycode", "unicode_escape", "utf-7", "", "a\0b"])
def test_an_encoding_that_files_cannot_have(shop, name):
    escaped = name.replace("\0", "\\u0000")
    with pytest.raises(InputError, match=r"encoding.*is not an encoding of text files; write one like gbk"):
        events.load(shop(HEADER + GOOD, f'encoding = "{escaped}"\n'))
