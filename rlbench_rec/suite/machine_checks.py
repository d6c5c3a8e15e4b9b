"""Checks of the machine and the installation."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from ..extras import EXTRAS, checkout, install_command
from ..machine import memory_gb, usable_cores
from ..results.manifest import package_version
from .config import list_suites

Finding = dict[str, str]
Row = tuple[str, str, str, str]
"""Check, state, what was found, what to do."""


def examine() -> list[Finding]:
    """Every check as a row: check, state (OK, WARN or FAIL), found, what to do."""
    checks = [_python(), *_packages(), _device(), _cores(), _memory(), _disk(), _writable(), _cards(), _suites()]
    return [dict(zip(("check", "state", "found", "what to do"), row, strict=True)) for row in checks]


def _python() -> Row:
    ok = sys.version_info >= (3, 11)
    return "Python", "OK" if ok else "FAIL", platform.python_version(), "" if ok else "Use Python 3.11 or later."


def _packages() -> list[Row]:
    try:
        wanted_packages = metadata.requires("rlbench-rec") or []
    except metadata.PackageNotFoundError:
        folder = checkout()
        what = f'Install it: pip install -e "{folder}".' if folder else "Install it: pip install rlbench-rec."
        return [("rlbench-rec", "FAIL", "not installed", what)]
    requirements = [Requirement(text) for text in wanted_packages]
    base = [wanted for wanted in requirements if _applies(wanted, "")]
    rows, seen = [_package(wanted) for wanted in base], {wanted.name for wanted in base} | {"rlbench-rec"}
    for extra in EXTRAS:
        # An extra may include another one, whose packages have their rows already.
        added = [wanted for wanted in requirements if _applies(wanted, extra) and wanted.name not in seen]
        rows += _extra(extra, added)
        seen |= {wanted.name for wanted in added}
    return rows


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def _package(requirement: Requirement) -> Row:
    wanted, version = f"{requirement.name}{requirement.specifier}", package_version(requirement.name)
    if version is None:
        return requirement.name, "FAIL", "missing", f'Install it: pip install "{wanted}".'
    ok = requirement.specifier.contains(version, prereleases=True)
    return requirement.name, "OK" if ok else "FAIL", version, "" if ok else f'pip install "{wanted}"'


def _extra(extra: str, requirements: list[Requirement]) -> list[Row]:
    """The packages of an extra that are there, and one row for those that are not.

    Nobody needs every extra, but `rlbench run` trains.
    """
    missing = [wanted.name for wanted in requirements if package_version(wanted.name) is None]
    rows = [_package(wanted) for wanted in requirements if wanted.name not in missing]
    if missing:
        state = "WARN" if extra == "train" else "OK"
        advice = f"For {EXTRAS[extra].purpose}: {install_command(extra)}."
        rows.append((f"extra [{extra}]", state, f"not installed: {', '.join(missing)}", advice))
    return rows


def _device() -> Row:
    if package_version("torch") is None:
        return "device", "OK", "cpu (torch is not installed)", ""
    try:
        import torch
    except ImportError as error:
        return "device", "FAIL", f"torch cannot be imported ({error})", "Install torch again."
    if torch.cuda.is_available():
        return "device", "OK", f"cuda: {torch.cuda.get_device_name(0)}", ""
    return "device", "OK", "cpu (torch sees no CUDA device)", ""


def _cores() -> Row:
    cores = usable_cores()
    ok = cores >= 2
    return "cores", "OK" if ok else "WARN", str(cores), "" if ok else "The quick suite will take twice as long."


def _memory() -> Row:
    gigabytes = memory_gb()
    if gigabytes is None:
        return "memory", "WARN", "not known", "Make sure that 2 GB are free."
    ok = gigabytes >= 3
    return "memory", "OK" if ok else "WARN", f"{gigabytes:.1f} GB", "" if ok else "Run with --jobs 1."


def _disk() -> Row:
    gigabytes = shutil.disk_usage(Path.cwd()).free / 2**30
    ok = gigabytes >= 1
    return "free disk here", "OK" if ok else "WARN", f"{gigabytes:.1f} GB", "" if ok else "Large logs spill to disk."


def _writable() -> Row:
    ok = os.access(Path.cwd(), os.W_OK)
    return "this folder", "OK" if ok else "WARN", "writable" if ok else "read-only", "" if ok else "Give --out."


def _cards() -> Row:
    from ..events.cards.find import list_cards

    cards = list_cards()
    ok = "open-bandit-sample" in cards
    return "dataset cards", "OK" if ok else "FAIL", f"{len(cards)}", "" if ok else "Install the package again."


def _suites() -> Row:
    suites = list_suites()
    ok = "quick" in suites
    return "suites", "OK" if ok else "FAIL", ", ".join(suites), "" if ok else "Install the package again."
