"""Checks of the machine and the installation."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from .config import list_suites

Finding = dict[str, Any]


def examine() -> list[Finding]:
    """Every check as a row: check, state (OK, WARN or FAIL), found, what to do."""
    checks = [_python(), *_packages(), _device(), _cores(), _memory(), _disk(), _writable(), _cards(), _suites()]
    return [dict(zip(("check", "state", "found", "what to do"), row, strict=True)) for row in checks]


def _python() -> tuple[str, str, str, str]:
    ok = sys.version_info >= (3, 11)
    return "Python", "OK" if ok else "FAIL", platform.python_version(), "" if ok else "Use Python 3.11 or later."


def _packages() -> list[tuple[str, str, str, str]]:
    try:
        wanted_packages = metadata.requires("rlbench-rec") or []
    except metadata.PackageNotFoundError:
        return [("rlbench-rec", "FAIL", "not installed", "Install it: pip install -e . in the checkout.")]
    rows = []
    for text in wanted_packages:
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        wanted = f"{requirement.name}{requirement.specifier}"
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            rows.append((requirement.name, "FAIL", "missing", f'Install it: pip install "{wanted}".'))
            continue
        ok = requirement.specifier.contains(version, prereleases=True)
        rows.append((requirement.name, "OK" if ok else "FAIL", version, "" if ok else f'pip install "{wanted}"'))
    return rows


def _device() -> tuple[str, str, str, str]:
    try:
        import torch
    except ImportError as error:
        return "device", "FAIL", f"torch cannot be imported ({error})", "Install torch again."
    if torch.cuda.is_available():
        return "device", "OK", f"cuda: {torch.cuda.get_device_name(0)}", ""
    return "device", "OK", "cpu (torch sees no CUDA device)", ""


def _cores() -> tuple[str, str, str, str]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    ok = cores >= 2
    return "cores", "OK" if ok else "WARN", str(cores), "" if ok else "The quick suite will take twice as long."


def _memory() -> tuple[str, str, str, str]:
    try:
        gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (ValueError, OSError, AttributeError):
        return "memory", "WARN", "not known", "See that 2 GB are free."
    ok = gigabytes >= 3
    return "memory", "OK" if ok else "WARN", f"{gigabytes:.1f} GB", "" if ok else "Run with --jobs 1."


def _disk() -> tuple[str, str, str, str]:
    gigabytes = shutil.disk_usage(Path.cwd()).free / 2**30
    ok = gigabytes >= 1
    return "free disk here", "OK" if ok else "WARN", f"{gigabytes:.1f} GB", "" if ok else "Large logs spill to disk."


def _writable() -> tuple[str, str, str, str]:
    ok = os.access(Path.cwd(), os.W_OK)
    return "this folder", "OK" if ok else "WARN", "writable" if ok else "read-only", "" if ok else "Give --out."


def _cards() -> tuple[str, str, str, str]:
    from ..events.cards.find import list_cards

    found = list_cards()
    ok = "open-bandit-sample" in found
    return "dataset cards", "OK" if ok else "FAIL", f"{len(found)}", "" if ok else "Install the package again."


def _suites() -> tuple[str, str, str, str]:
    found = list_suites()
    ok = "quick" in found
    return "suites", "OK" if ok else "FAIL", ", ".join(found), "" if ok else "Install the package again."
