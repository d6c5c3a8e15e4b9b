"""All roles of a sample's columns, in the order in which they depend on each other."""

from __future__ import annotations

from .answers import Answers
from .evidence import Column, missing_words
from .finders.amount_roles import find_amounts
from .finders.decisions import ask_about_source, find_propensity
from .finders.event_role import find_event
from .finders.item_roles import (
    ask_about_items,
    ask_about_rounded,
    find_item,
    find_places,
    note_duplicates,
    note_missing,
    offer_context,
    report_unread,
)
from .finders.time_role import find_time
from .finders.user_roles import ask_about_users, find_session, find_user
from .questions import Question
from .roles import Roles
from .sample import Sample


def guess(sample: Sample, answers: Answers | None = None) -> Roles:
    """The roles of a sample's columns, with what is odd and what must be asked; a role that nothing points to is left
    out."""
    answers = answers or Answers()
    words = missing_words(sample.columns)
    said = answers.keys.get("missing", sample.layout.get("missing", []))
    missing = list(dict.fromkeys([*words, *(said if isinstance(said, list) else [said])]))
    columns = {name: Column(name, texts, missing) for name, texts in sample.columns.items()}
    roles = Roles(sample, answers, columns, missing=[str(word) for word in missing])
    note_missing(roles, words)
    find_item(roles)
    find_user(roles)
    find_time(roles)
    roles.answered("since_start")
    find_session(roles)
    find_event(roles)
    find_amounts(roles)
    find_propensity(roles)
    find_places(roles)
    ask_about_items(roles)
    ask_about_users(roles)
    ask_about_source(roles)
    ask_about_rounded(roles)
    report_unread(roles)
    note_duplicates(roles)
    offer_context(roles)
    return roles


def numbered(questions: list[Question]) -> list[Question]:
    """The questions in their order, one for each key, numbered from 1."""
    first = {question.key: question for question in reversed(questions)}
    kept = [question for question in questions if first[question.key] is question]
    return [Question(q.key, q.text, q.answers, number) for number, q in enumerate(kept, 1)]
