"""The public names of every room, with how they are called and their docstrings."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from typing import Any

from docstrings import as_typed, code, field_docs, markdown, signature, table

import rlbench_rec as rb
from rlbench_rec.registry import Registry

TOP_LEVEL = "rlbench_rec"
ROOMS_OF_OPE = ("analysis", "inference", "density")


def pages() -> dict[str, str]:
    """Place in the site -> Markdown, for every room with public names."""
    rooms = [name for name in rb.__all__ if inspect.ismodule(getattr(rb, name))]
    modules = [
        TOP_LEVEL,
        *(f"{TOP_LEVEL}.{name}" for name in rooms),
        *(f"{TOP_LEVEL}.ope.{name}" for name in ROOMS_OF_OPE),
    ]
    made = {f"api/{name.removeprefix(f'{TOP_LEVEL}.')}.md": page(name) for name in modules}
    rows = [
        [
            f"[{name}]({name.removeprefix(f'{TOP_LEVEL}.')}.md)",
            as_typed(first_line(importlib.import_module(name))),
        ]
        for name in modules
    ]
    return {"api/index.md": f"# API\n\n`import rlbench_rec as rb`\n\n{table(['module', 'what it is'], rows)}"} | made


def page(module_name: str) -> str:
    """A module's docstring, then each public name."""
    module = importlib.import_module(module_name)
    things = [(name, getattr(module, name)) for name in public(module)]
    parts = [f"# {module_name}", markdown(module)]
    return (
        "\n\n".join(part for part in parts + [described(name, thing, module_name) for name, thing in things] if part)
        + "\n"
    )


def public(module: Any) -> list[str]:
    """Names of `__all__` that are no modules of their own page."""
    names = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
    return sorted(name for name in names if not inspect.ismodule(getattr(module, name)))


def described(name: str, thing: Any, module_name: str) -> str:
    """A heading, the call, the docstring; of a class also its fields and methods."""
    if isinstance(thing, Registry):
        return f"## {name}\n\nRegistry of {len(thing)} names: {', '.join(f'`{key}`' for key in thing)}."
    if not callable(thing):
        return f"## {name}\n\n{code(f'{name} = {thing!r}', 'python') if len(repr(thing)) < 400 else ''}"
    parts = [f"## {name}", code(signature(thing, name), "python"), markdown(thing)]
    if inspect.isclass(thing):
        parts += [fields(thing), *(method(name, key, function) for key, function in methods(thing))]
    return "\n\n".join(part for part in parts if part)


def fields(cls: type) -> str:
    """What stands under its fields."""
    docs = field_docs(cls)
    return "**Fields**\n\n" + "\n".join(f"- `{name}`: {as_typed(text)}" for name, text in docs.items()) if docs else ""


def methods(cls: type) -> list[tuple[str, Callable[..., Any]]]:
    """Public methods and properties that the package itself wrote, with a docstring."""
    made = []
    for name in sorted(vars(cls)):
        thing = inspect.getattr_static(cls, name)
        function = thing.fget if isinstance(thing, property) else getattr(thing, "__func__", thing)
        if not name.startswith("_") and inspect.isfunction(function) and function.__doc__:
            made.append((name, thing if isinstance(thing, property) else function))
    return made


def method(cls: str, name: str, thing: Any) -> str:
    """A smaller heading, and the same below it."""
    call = f"{cls}.{name}" if isinstance(thing, property) else signature(thing, f"{cls}.{name}")
    return f"### {cls}.{name}\n\n{code(call, 'python')}\n\n{markdown(thing)}"


def first_line(thing: Any) -> str:
    return (thing.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")
