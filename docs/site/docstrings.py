"""Docstrings as Markdown: Google's sections become lists, and the strings under a class's fields its settings."""

from __future__ import annotations

import ast
import functools
import inspect
import re
import textwrap
from collections.abc import Iterator
from itertools import pairwise

SECTION = re.compile(r"^(Args|Attributes|Returns|Raises|Yields|Example|Examples|Note):$", flags=re.MULTILINE)


def markdown(thing: object) -> str:
    """A thing's docstring; empty where it has none."""
    text = getattr(thing, "__doc__", None)
    if isinstance(text, property):  # of its instances: the class's own is in its source alone
        text = ast.get_docstring(_definition(thing))  # type: ignore[arg-type]
    return sections(inspect.cleandoc(text or ""))


def sections(text: str) -> str:
    """A clean docstring with its sections as headed lists."""
    first, *rest = SECTION.split(text)
    made = [as_typed(first.strip())]
    for title, body in zip(rest[::2], rest[1::2], strict=True):
        body, *after = re.split(r"^(?=\S)", body, maxsplit=1, flags=re.MULTILINE)
        made += [f"**{'Arguments' if title == 'Args' else title}**", entries(textwrap.dedent(body).strip())]
        made += [as_typed(text) for text in after]
    return "\n\n".join(part for part in made if part)


def entries(body: str) -> str:
    """`name: what it is` as a list; text that is no such list stays."""
    parts = re.split(r"^(?=\S)", body, flags=re.MULTILINE)
    named = [re.match(r"(\*{0,2}[\w.,\[\] ]+?): +(.+)", part, flags=re.DOTALL) for part in parts if part.strip()]
    if not named or None in named:
        return as_typed(body)
    return "\n".join(f"- `{found[1]}`: {as_typed(' '.join(found[2].split()))}" for found in named if found)


def as_typed(text: str) -> str:
    """With `<`, `_` and `*` of formulas as they are typed, outside of code."""
    parts = re.split(r"(^    .*$|``.+?``|`[^`]+`)", text, flags=re.MULTILINE)
    escaped = (part if part.startswith(("`", "    ")) else re.sub(r"([*_|])", r"\\\1", part) for part in parts)
    return "".join(part if part.startswith(("`", "    ")) else part.replace("<", "&lt;") for part in escaped)


def first_sentence(text: str) -> str:
    """One line for a table."""
    paragraph = " ".join(text.split("\n\n")[0].split())
    return re.split(r"(?<=[.:;]) (?=[A-Z])", paragraph)[0]


def signature(thing: object, name: str) -> str:
    """How it is called, one argument a line where the whole is long."""
    try:
        found = inspect.signature(thing)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return name
    arguments = [str(argument).replace("NoneType", "None") for argument in shown(found)]
    text = f"{name}({', '.join(arguments)})"
    return text if len(text) <= 100 else f"{name}(\n    " + ",\n    ".join(arguments) + ",\n)"


def shown(found: inspect.Signature) -> Iterator[str]:
    """Arguments as they are written in a signature, with the `*` before those that must be named."""
    starred = False
    for argument in found.parameters.values():
        if argument.kind is argument.VAR_POSITIONAL:
            starred = True
        if argument.kind is argument.KEYWORD_ONLY and not starred:
            starred = True
            yield "*"
        if argument.name not in ("self", "cls"):
            text = re.sub(r"<[^>]*?([\w.]+) at 0x\w+>", r"\1", str(argument))
            yield re.sub(r"(: |-> )'([^']*)'", r"\1\2", text)


def field_docs(cls: type) -> dict[str, str]:
    """Field -> the string under it, of a class and those that it extends."""
    made: dict[str, str] = {}
    for part in reversed(cls.__mro__):
        if part.__module__.startswith("rlbench_rec"):
            made |= _own_field_docs(part)
    return made


@functools.cache
def _own_field_docs(cls: type) -> dict[str, str]:
    body = _definition(cls).body
    return {
        node.target.id: " ".join(inspect.cleandoc(below.value.value).split())
        for node, below in pairwise(body)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)
    }


def _definition(cls: type) -> ast.ClassDef:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(definition, ast.ClassDef)
    return definition


def table(head: list[str], rows: list[list[str]]) -> str:
    """Markdown; a `|` in a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return (
        "\n".join("| " + " | ".join(re.sub(r"(?<!\\)\|", r"\\|", cell) for cell in line) + " |" for line in lines)
        + "\n"
    )


def facts(named: dict[str, str]) -> str:
    """A list of what holds of a thing."""
    return "**In short**\n\n" + "".join(f"- **{name}**: {text}\n" for name, text in named.items())


def code(text: str, language: str = "") -> str:
    """A fenced block."""
    return f"```{language}\n{text}\n```"
