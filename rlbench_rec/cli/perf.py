"""`rlbench perf`: did a commit make the benchmarks slower?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .json_option import Json
from .render.console import note, say

if TYPE_CHECKING:
    from ..perf import BenchmarkRow

app = typer.Typer(help="Measure speed: asv on this environment, and one commit against another.", no_args_is_help=True)

Bench = Annotated[
    str, typer.Option("--bench", help="Regular expression: only benchmarks whose names match.", metavar="REGEX")
]


@app.command("run")
def run(bench: Bench = "", as_json: Json = False) -> None:
    """Run the benchmarks by asv in the present environment, and save what they measure under the present commit.

    Exit code 0: all measured; 2: a benchmark failed, or wrong use; 3: nothing was measured.
    """
    from ..perf import Repository
    from ..perf import run as measure

    done = measure(Repository.around(Path.cwd()), bench=bench, quiet=as_json)
    if as_json:
        say(json.dumps({"path": done.path and str(done.path), "measured": done.measured, "failed": done.failed}))
    elif done.path is None:
        say("Nothing was measured." + (f" No benchmark matches '{bench}'." if bench else ""))
    else:
        say(f"{done.measured} measured, {done.failed} failed: {done.path}")
    raise typer.Exit(done.exit_code)


@app.command("compare")
def compare(
    old: Annotated[str, typer.Argument(help="Commit to compare with: a branch, a tag or a hash.")],
    new: Annotated[str, typer.Argument(help="The commit that changed something.")],
    bench: Bench = "",
    factor: Annotated[float, typer.Option(help="Slow-down from which a benchmark counts as slower.")] = 1.1,
    rounds: Annotated[
        int, typer.Option(help="Pairs of processes for each benchmark, at least 6; suspects get more.")
    ] = 6,
    show_all: Annotated[bool, typer.Option("--all", help="Also benchmarks that are the same or skipped.")] = False,
    as_json: Json = False,
) -> None:
    """Measure the benchmarks of two commits in turn, in the present environment, and name those that became slower.

    Exit code 0: none is slower; 1: one is, beyond the factor and the noise; 2: a benchmark failed, or wrong use; 3:
    nothing was measured on both sides.
    """
    from ..perf import Repository
    from ..perf import compare as measure

    comparison = measure(
        Repository.around(Path.cwd()),
        old,
        new,
        bench=bench,
        factor=factor,
        rounds=rounds,
        progress=note,
    )
    if as_json:
        say(json.dumps(comparison.to_dict(), indent=1))
    else:
        hidden = () if show_all else ("same", "skipped")
        for row in comparison.rows:
            if row.outcome not in hidden:
                say(_line(row))
        counts = ", ".join(f"{count} {outcome}" for outcome, count in comparison.counts.items())
        nothing = f"none{f' matches {bench!r}' if bench else ''}"
        say(f"{old} -> {new}, {len(comparison.rows)} benchmarks: {counts or nothing}.")
        if comparison.counts.get("unclear"):
            say(f"Unclear: the noise could hide a slow-down by {factor:g}. Use more --rounds, or a quieter machine.")
    raise typer.Exit(comparison.exit_code)


def _line(row: BenchmarkRow) -> str:
    """`slower   bench_ope.OneStep.time_ten_estimators  0.0121 -> 0.0182 seconds  x 1.51 (1.48 to 1.55)`: so that grep
    works and no terminal is too narrow."""
    line = f"{row.outcome:<8}  {row.benchmark}"
    if row.rounds:
        line += f"  {row.old:.4g} -> {row.new:.4g} {row.unit}  x {row.ratio:.3g} ({row.low:.3g} to {row.high:.3g})"
    return f"{line}  [{row.note}]" if row.note else line
