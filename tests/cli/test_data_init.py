"""`rlbench data init`: questions on the screen, answers on the command line, exit codes."""

from __future__ import annotations

import json

import pytest

LOG = "when,shopper,sku,what,price\n" + "".join(
    f"0{1 + i // 3 % 3}/0{1 + i // 3 % 4}/2024 10:3{i % 3},{i // 3},{i % 5},{('view', 'buy', 'zap')[i % 3]},{i % 9}.5\n"
    for i in range(60)
)


def test_a_question_is_answered_without_an_editor(rlbench, tmp_path):
    log = tmp_path / "my shop.csv"
    log.write_text(LOG)
    code, out, _ = rlbench("data", "init", log)
    assert code == 1 and "2 questions" in out
    assert "1. The times of 'when' can be read in more than one way: %d/%m/%Y %H:%M gives" in out
    assert "     --answer 'time=when:%d/%m/%Y %H:%M'" in out and "2. What do these events mean: 'zap' (33.3%)" in out
    card = tmp_path / "my-shop.toml"
    # What is open is said wherever the card is used.
    code, out, _ = rlbench("data", "check", card)
    assert code == 1 and "not ready; it waits for the answers to 2 questions" in out and "\n2. What do" in out
    code, out, _ = rlbench("data", "check", card, "--json")
    assert code == 1 and len(json.loads(out)["questions"]) == 2
    code, _, err = rlbench("data", "show", card)
    assert code == 2 and "waits for answers to 2 questions: 1. The times" in err
    assert "(--answer 'time=when:%d/%m/%Y %H:%M' or --answer 'time=when:%m/%d/%Y %H:%M') 2. " in err
    answers = ("--answer", "time=when:%d/%m/%Y %H:%M", "--answer", "events.zap=none")
    code, out, _ = rlbench("data", "init", log, *answers)
    assert code == 0 and "ready" in out and "40 of 60 rows kept; set aside: 20 unknown_event" in out
    assert "2024-01-01 10:30 UTC to 2024-04-03" in out and f"Next: rlbench data check {card}" in out
    # A card that is ready is never overwritten unasked.
    code, _, err = rlbench("data", "init", log, *answers)
    assert code == 2 and "There is a card here already" in err
    code, out, _ = rlbench("data", "check", card)
    assert code == 0 and "sessions of" in out and "2024-01-01 10:30 UTC to" in out


def test_json_names_the_questions(rlbench, tmp_path):
    (tmp_path / "log.csv").write_text(LOG)
    code, out, _ = rlbench("data", "init", tmp_path / "log.csv", "--json")
    made = json.loads(out)
    assert code == 1 and made["ready"] is False
    assert [(question["number"], question["key"]) for question in made["questions"]] == [
        (1, "timestamp"),
        (2, "events"),
    ]


def test_a_wrong_answer_is_wrong_use_and_writes_nothing(rlbench, tmp_path):
    (tmp_path / "log.csv").write_text(LOG)
    for answer in ("item=nothing", "nonsense", "time=when:%Q", "time_unit=hours"):
        code, _, err = rlbench("data", "init", tmp_path / "log.csv", "--answer", answer)
        assert code == 2 and err.count("\n") == 1, (answer, err)
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


def test_a_card_elsewhere_finds_its_log(rlbench, tmp_path, monkeypatch):
    monkeypatch.setenv("RLBENCH_DATA", str(tmp_path / "cache"))
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports/log.csv").write_text("time,user,item,event\n1700000000,1,2,view\n1700000009,1,3,buy\n")
    card = tmp_path / "cards/shop.toml"
    code, out, _ = rlbench("data", "init", tmp_path / "exports/log.csv", "--out", card)
    assert code == 0 and 'folder = "../exports"' in card.read_text()
    code, out, _ = rlbench("data", "check", card)
    assert code == 0 and "2 of 2 rows kept" in out
    # Another card, or another folder in this one, was not drafted here: it reads what the user says and nothing else.
    strange = card.with_name("strange.toml")
    strange.write_text(card.read_text())
    card.write_text(card.read_text().replace("../exports", "../exports/."))
    for other in (card, strange):
        code, _, err = rlbench("data", "check", other)
        assert code == 2 and "outside the card's own folder" in err and "--data" in err
        code, out, _ = rlbench("data", "check", other, "--data", tmp_path / "exports")
        assert code == 0 and "2 of 2 rows kept" in out


@pytest.mark.parametrize("folder", ["/etc", "..", "a/../../b", "..\\b"])
def test_a_card_alone_does_not_choose_what_is_read(rlbench, tmp_path, monkeypatch, folder):
    monkeypatch.setenv("RLBENCH_DATA", str(tmp_path / "cache"))
    (tmp_path / "below").mkdir()
    log = "time,user,item,event\n1700000000,1,2,view\n1700000009,1,3,buy\n"
    (tmp_path / "log.csv").write_text(log)
    (tmp_path / "below/log.csv").write_text(log)
    assert rlbench("data", "init", tmp_path / "log.csv")[0] == 0
    card = tmp_path / "log.toml"
    content = card.read_text()
    card.write_text(f'folder = "below"\n{content}')
    assert rlbench("data", "check", card)[0] == 0
    card.write_text(f"folder = '{folder}'\n{content}")
    assert rlbench("data", "check", card)[0] == 2


def test_names_of_a_file_are_shown_and_not_obeyed(rlbench, tmp_path):
    evil = "time,user,item,event,\x1b[31mprice\n1700000000,1,2,vi\x1b[2Jew,5\n1700000009,1,3,buy,6\n"
    (tmp_path / "log.csv").write_text(evil)
    code, out, _ = rlbench("data", "init", tmp_path / "log.csv")
    assert code == 1 and "\x1b" not in out and "\x1b" not in (tmp_path / "log.toml").read_text()
