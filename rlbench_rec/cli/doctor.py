"""`rlbench doctor`: is this machine ready?"""

from __future__ import annotations

import typer

from .json_option import Json


def command(as_json: Json = False) -> None:
    """Check Python, packages, device, memory and data; say what to do about what is wrong.

    Exit code 0: ready; 1: something must be fixed.
    """
    from ..suite.machine_checks import examine
    from .render.tables import print_rows

    findings = examine()
    print_rows(findings, as_json=as_json)
    raise typer.Exit(1 if any(finding["state"] == "FAIL" for finding in findings) else 0)
