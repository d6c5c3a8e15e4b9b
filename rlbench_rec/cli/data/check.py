"""`rlbench data check CARD`: does the log load, where is every row, and is it the whole data set?"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ..json_option import Json
from ..render.console import note, say
from ..render.tables import print_rows
from .options import Card, Data, Memory

SHOWN_TEXT = 70
"""Characters of a row set aside, on the screen."""


def command(
    card: Card,
    data: Data = None,
    complete: Annotated[bool, typer.Option("--complete", help="Fail unless it is the whole data set.")] = False,
    rejects: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write all rows set aside, .csv or .parquet.")
    ] = None,
    memory_limit: Memory = "2GB",
    as_json: Json = False,
) -> None:
    """Read a log, account for every row (read = kept + set aside), and say whether it is the whole data set.

    Exit code 0: it loads; 1: it is not the card's data set, the card waits for answers, or, with --complete, the log is
    not known to be the whole.
    """
    from ...events.cards.find import open_questions
    from ...suite.log_check import check_log, next_command, tells_values
    from ...what_to_log import WHAT_TO_LOG

    if questions := open_questions(card):
        _print_open(card, questions, as_json=as_json)
        raise typer.Exit(1)
    checked = check_log(card, data, memory_limit, rejects)
    if as_json:
        say(json.dumps(asdict(checked), indent=2))
    else:
        print_rows(checked.facts)
        for line in checked.summary:
            say(line)
        for row in checked.set_aside:
            say(f"set aside, {row['file']}:{row['line']}, {row['reason']}: {str(row['text'] or '')[:SHOWN_TEXT]}")
        if rejects is not None:
            say(f"{rejects}: all rows set aside")
        for oddity in checked.odd:
            say(f"odd: {oddity}")
        say(f"{checked.verdict}: {checked.why}")
        if checked.verdict != "not this data set":
            if not tells_values(card):
                say(f"No policy's value can be told from this log. {WHAT_TO_LOG}")
            note(f"Next: {next_command(card, data)}")
    failed = checked.verdict != "complete" if complete else checked.verdict == "not this data set"
    raise typer.Exit(1 if failed else 0)


def _print_open(card: str, questions: list[str], *, as_json: bool) -> None:
    if as_json:
        say(json.dumps({"verdict": "not ready", "questions": questions}, indent=2, ensure_ascii=False))
        return
    count = "a question" if len(questions) == 1 else f"{len(questions)} questions"
    say(f"{card}: not ready; it waits for the answers to {count}:")
    for question in questions:
        say(question)
    say("Answer with rlbench data init FILE --answer KEY=VALUE, or write the values and take out the questions.")
