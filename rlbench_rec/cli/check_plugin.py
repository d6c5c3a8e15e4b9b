"""`rlbench check-plugin MODULE`: does everything that a module registers keep the contract of its kind?"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from ..errors import InputError
from .json_option import Json


def command(
    module: Annotated[str, typer.Argument(help="As Python imports it: installed, on PYTHONPATH, or here.")],
    dataset: Annotated[
        str | None, typer.Option(help="Check policies on this log: a card id, id/variant, or a card's path.")
    ] = None,
    data: Annotated[str | None, typer.Option(help="File or folder of that log.")] = None,
    as_json: Json = False,
) -> None:
    """Run the contract tests of everything that a module registers: algorithms, policies, tasks, estimators, ...

    Exit code 0: all hold; 1: one does not; 2: the module cannot be imported, or registers nothing.
    """
    from ..testing.plugins import Finding, check_plugin
    from .render.console import note
    from .render.tables import print_rows

    if data and not dataset:
        raise InputError("--dataset must say which log lies there.", where="--data")
    findings: list[Finding] = []
    for finding in check_plugin(module, dataset, data):
        if not findings or finding.name != findings[-1].name:
            note(f"rlbench: checking {finding.name} ({finding.kind})")
        findings.append(finding)
    print_rows([asdict(finding) for finding in findings], as_json=as_json)
    raise typer.Exit(1 if any(finding.state == "FAIL" for finding in findings) else 0)
