"""What it takes to repeat a run, without the names of anybody's folders."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..content import Block, Facts, Listing, Paragraph, Section
from ..run_tables import RunTables
from ..shown_text import without_paths

HASH = 12
"""Characters of a hash that are shown."""


def manifest(run: RunTables) -> Section:
    """manifest.json in a few lines, with the whole configuration folded away."""
    content = run.manifest
    if not content:
        return Section("manifest", "Manifest", [Paragraph("The run has no manifest.json.")])
    pairs = [(name, text) for name, text in _facts(content) if text]
    blocks: list[Block] = [Facts(pairs)]
    hashes = content.get("data_sha256")
    if isinstance(hashes, Mapping) and hashes:
        blocks.append(Facts([(f"data of {place}", str(text)[:HASH]) for place, text in sorted(hashes.items())]))
    whole = json.dumps(without_paths(content.get("config")), indent=1, sort_keys=True, ensure_ascii=False)
    blocks.append(Listing("The whole configuration", whole))
    return Section("manifest", "Manifest", blocks)


def _facts(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    code, machine, config = (_mapping(content.get(name)) for name in ("code", "machine", "config"))
    versions = _mapping(content.get("versions"))
    command = content.get("command_line")
    dirty = ", with changes that were not committed" if code.get("dirty") else ""
    return [
        ("suite", str(config.get("name") or "")),
        ("description", str(config.get("description") or "")),
        ("command", " ".join(without_paths([*map(str, command)])) if isinstance(command, list) else ""),
        ("complete", "yes" if content.get("complete") else "no"),
        ("commit", f"{code['commit']}{dirty}" if code.get("commit") else ""),
        ("machine", ", ".join(str(machine[name]) for name in ("cpu", "processor", "system") if machine.get(name))),
        ("device", str(content.get("device") or "")),
        ("Python", str(content.get("python") or "")),
        ("versions", ", ".join(f"{name} {text}" for name, text in versions.items() if text)),
    ]


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
