"""A name for a shop's content, the same on every machine: what was measured there holds as long as the name does."""

from __future__ import annotations

import ast
import hashlib
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .base import Task

SHOPS = f"{__package__}.shops."
ALWAYS = (f"{__package__}.simulator", f"{__package__}.rollout")
"""Code behind every shop: how luck is drawn and how a policy is played."""


def content_hash(task: Task) -> str:
    """First 16 hex digits of the SHA-256 of a task's id, seed, parameters, and the code of its shop.

    The code counts as Python reads it: comments, docstrings, imports and layout do not. Nothing that a machine computes
    is hashed, so the name is the same on another one (`fingerprint` is stricter, and knows policies).
    """
    config = task.config.model_dump(mode="json")
    digest = hashlib.sha256(json.dumps([task.id, task.seed, config], sort_keys=True).encode())
    for code in sorted(_code(module) for module in _modules(type(task))):
        digest.update(code)
    return digest.hexdigest()[:16]


def _modules(shop: type[Task]) -> set[ModuleType]:
    """The module of the shop, those of the shops' rooms that it takes names from, and so on."""
    found = {importlib.import_module(name) for name in ALWAYS}
    waiting = [base.__module__ for base in shop.__mro__ if base.__module__.startswith(SHOPS)]
    while waiting:
        module = sys.modules[waiting.pop()]
        if module not in found:
            found.add(module)
            waiting += {name for name in _origins(module) if name.startswith(SHOPS)}
    return found


def _origins(module: ModuleType) -> Iterator[str]:
    for value in vars(module).values():
        yield getattr(value, "__module__", None) or ""


def _code(module: ModuleType) -> bytes:
    """Hash of a module's syntax tree, node by node, without imports and sentences that stand alone (docstrings)."""
    digest = hashlib.sha256()
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(body := getattr(node, "body", None), list):
            body[:] = [part for part in body if not _says_nothing(part)]
    for node in ast.walk(tree):
        # Python's versions differ in the empty fields they add.
        plain = [value for _, value in ast.iter_fields(node) if not isinstance(value, (ast.AST, list, type(None)))]
        digest.update(f"{type(node).__name__}{plain!r}".encode())
    return digest.digest()


def _says_nothing(node: object) -> bool:
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return docstring or isinstance(node, (ast.Import, ast.ImportFrom))
