"""Encodings are told apart on the few words that a log has; where they cannot be, it is a question."""

from __future__ import annotations

import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.events.infer.file_sample import look_into
from rlbench_rec.events.infer.layout.encodings import guess_encoding

WORDS = [
    ("gbk", "手机 冰箱"),
    ("gbk", "连衣裙 运动鞋 浏览"),
    ("gbk", "2019年10月01日 2019年10月02日 2019年10月03日 2019年10月04日 2019年10月05日 2019年10月06日 ￥15.00 浏览"),
    ("shift_jis", "2019年10月01日 2019年10月02日 2019年10月03日 2019年10月04日 2019年10月05日 ￥15.00 購入"),
    ("cp874", "สั่งซื้อ กระเป๋า น้ำหอม เสื้อยืด"),
    ("gb18030", "手机 㐀"),
    ("big5", "手機 購買"),
    ("big5", "運動鞋 襯衫"),
    ("shift_jis", "購入 テレビ"),
    ("shift_jis", "商品詳細 お気に入り"),
    ("euc_jp", "カート 購入"),
    ("euc_kr", "장바구니 구매"),
    ("cp1252", "Schuhe für Männer"),
    ("cp1252", "café crème brûlée"),
    ("cp1252", "señor niño"),
    ("cp1252", "15 € Gutschein"),
    ("cp1252", "“quoted” shoes"),
    ("latin-1", "Größe"),
    ("iso8859_15", "Größe 15 €"),
    ("cp1250", "zażółć gęślą"),
    ("cp1254", "Görüntüleme İndirim değil"),
    ("cp1251", "корзина покупка"),
    ("koi8_r", "корзина покупка"),
    ("cp866", "корзина покупка"),
    ("cp1253", "καλάθι αγορά"),
    ("cp874", "รองเท้า สินค้า"),
    ("cp850", "Größe für Männer"),
    ("mac_roman", "Größe café"),
]


def in_log(words: str, rows: int = 30) -> str:
    each = words.split()
    return "time,item,event,text\n" + "".join(f"{1700000000 + i},{i},view,{each[i % len(each)]}\n" for i in range(rows))


@pytest.mark.parametrize(("encoding", "words"), WORDS)
def test_the_text_is_read_as_it_was_written(encoding, words):
    text = in_log(words)
    guess = guess_encoding(text.encode(encoding))
    assert text.encode(encoding).decode(guess.name) == text
    assert guess.name.upper() in guess.note


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "ascii"])
def test_utf8_needs_no_key(encoding):
    text = in_log("plain") if encoding == "ascii" else in_log("手机 Größe корзина")
    assert guess_encoding(text.encode(encoding)) == guess_encoding(b"a")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings_are_seen_by_their_mark_or_their_zeros(tmp_path, encoding):
    if encoding == "utf-32":
        assert guess_encoding(in_log("手机").encode(encoding)).name == "utf-32"
        return
    (tmp_path / "log.csv").write_bytes(in_log("手机 Größe").encode(encoding))
    sample = look_into(tmp_path / "log.csv")
    assert sample.layout == {"encoding": encoding} and sample.columns["text"][:2] == ["手机", "Größe"]


def test_escape_sequences_are_iso_2022():
    assert guess_encoding(in_log("購入").encode("iso2022_jp")).name == "iso2022_jp"


def test_one_cut_letter_does_not_make_it_another_encoding():
    lines = [f"{i},Größe".encode() for i in range(40)]
    lines[5] = lines[5][:-2]
    guess = guess_encoding(b"\n".join(lines))
    assert guess.name == "utf-8" and "1 of the lines looked at" in guess.note


def test_what_could_be_two_encodings_is_asked_with_both_readings(tmp_path):
    path = tmp_path / "log.csv"
    path.write_bytes(in_log("støvler køb").encode("cp1252"))
    (question,) = look_into(path).questions
    assert question.key == "encoding" and question.answers[:2] == ("encoding=cp1252", "encoding=cp1250")
    assert "'støvler køb' in cp1252" in question.text and "'střvler křb' in cp1250" in question.text
    sample = look_into(path, {"encoding": "cp1250"})
    assert sample.questions == [] and sample.columns["text"][0] == "střvler"


def test_a_stray_byte_is_a_question_and_may_stay_malformed(tmp_path):
    path = tmp_path / "log.csv"
    path.write_bytes(in_log("plain").encode().replace(b"plain", b"pl\x81\xfen", 1))
    (question,) = look_into(path).questions
    assert question.answers[-1] == "encoding=utf-8"
    sample = look_into(path, {"encoding": "utf-8"})
    assert sample.rows == 29 and "the first is '1700000000,0,view,pl\ufffd\ufffdn'" in sample.notes[0]


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_an_encoding_in_which_no_row_is_text_is_refused_with_the_likely_one(tmp_path, encoding):
    path = tmp_path / "log.csv"
    path.write_bytes(in_log("Größe").encode("cp1252"))
    with pytest.raises(InputError, match=f"No row is {encoding.upper()}.*It seems to be CP1252"):
        look_into(path, {"encoding": encoding})
