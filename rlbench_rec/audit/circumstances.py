"""Whether a run was made under the circumstances of this machine: only then can the same bytes be asked for."""

from __future__ import annotations

from typing import Any

from ..results.data_identity import DataHashes
from ..results.manifest import code_identity, manifest
from ..suite.stamp import LIBRARIES

MACHINE = {"system": "system", "cpu": "processor", "kernels": "kernels of numpy or torch", "gpu": "GPU"}
"""Keys of the manifest's `machine` that numbers may hang on, and what they are called."""


def differences_from(made: dict[str, Any], *, trains: bool) -> list[str]:
    """What of a manifest differs from this machine, in words; empty where a run here would leave the same bytes.

    Args:
        made: the manifest of the run.
        trains: whether torch takes part in it.
    """
    here = manifest({}, DataHashes({}, {}), None, str(made.get("device")), True, trains=trains)
    found = [*_code(made, here), *_versions(made, here)]
    there, machine = _table(made, "machine"), here["machine"]
    for key, name in MACHINE.items():
        if there.get(key) is None and machine[key] is not None and key != "gpu":
            found.append(f"{name}: not known of the run")
        elif there.get(key) != machine[key]:
            found.append(f"{name}: {_short(there.get(key))} there, {_short(machine[key])} here")
    return found


def same_code(made: dict[str, Any]) -> bool:
    """Whether a manifest names the very code that is here."""
    return _table(made, "code").get("package") == code_identity()


def _code(made: dict[str, Any], here: dict[str, Any]) -> list[str]:
    there, now = _table(made, "code"), here["code"]
    if there.get("dirty"):
        return ["the code of the run was changed and not committed"]
    if "package" not in there:
        return [f"code of commit {str(there.get('commit'))[:10]}"]
    return [] if there["package"] == now["package"] else [f"code of {_version(there)} there, of {_version(now)} here"]


def _version(code: dict[str, Any]) -> str:
    package = code.get("package") or {}
    commit = package.get("commit") or code.get("commit")
    return f"commit {commit[:10]}" if isinstance(commit, str) else f"version {package.get('version')}, files changed"


def _versions(made: dict[str, Any], here: dict[str, Any]) -> list[str]:
    there = _table(made, "versions")
    now = here["versions"]
    named = [name for name in LIBRARIES if name in now and there.get(name) != now[name]]
    found = [f"{name} {there.get(name)} there, {now[name]} here" for name in named]
    python = (made.get("python"), here["python"])
    return found + ([f"Python {python[0]} there, {python[1]} here"] if python[0] != python[1] else [])


def _table(made: dict[str, Any], key: str) -> dict[str, Any]:
    value = made.get(key)
    return value if isinstance(value, dict) else {}


def _short(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {kind}" for name, kind in sorted(value.items()))
    return str(value)
