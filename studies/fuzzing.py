"""What all fuzzers share: ways to spoil bytes and values, and playing cases in processes of their own.

A fuzzer is a function `play(seed, number)`: it makes case `number`, gives in a word what came of it, and raises where
that is a finding. The package's own errors are right answers if they say what and where. A hang and a dead process are
findings too.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import copy
import io
import json
import multiprocessing
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from rlbench_rec.errors import RlbenchError
from rlbench_rec.terminal import printable

BATCH, PATIENCE = 25, 300.0
"""Cases a process, and the seconds that it has for them."""
MEMORY = 12 << 30
"""Bytes of address space a process has, so that a size without a limit ends as a finding and not as a full machine."""
TOKENS = (
    *(b"", b"0", b"-1", b"1e309", b"9007199254740993", b"99999999999999999999", b"NaN", b"null", b"NA", b"infinity"),
    *(
        b"\x00",
        b"\xff\xfe",
        b'"',
        b'""',
        b'"a',
        b"'",
        b"\\",
        b",",
        b";",
        b"\t",
        b" ",
        b"=1+1",
        b"[1,2]",
        b"{}",
        b"true",
    ),
    *(b"1970-01-01", b"2019-03-31 02:30:00 UTC", b"\xf0\x9f\x9b\x92", b"x" * 5_000),
)
DEEP: Any = 0
for _ in range(300):
    DEEP = [DEEP]
VALUES = (
    *(None, True, False, 0, 1, -1, 7, 2**31, 2**63, 10**30, 0.5, -0.0, 1e308, float("nan"), float("inf")),
    *("", "x", "dr", "../../etc/passwd", "/", "\x00", "\x1b[2J", "a" * 5_000, "\u202e", "1", "nan"),
    *([], {}, [[]], [1, "a"], {"a": 1}, {"": ""}, [0] * 1_000, DEEP),
)
"""What stands in place of a value of a JSON or TOML file."""


def spoil(content: bytes, rng: np.random.Generator) -> bytes:
    """The content with one thing wrong."""
    lines = content.split(b"\n")
    at, line = int(rng.integers(len(content) + 1)), int(rng.integers(len(lines)))
    token = TOKENS[rng.integers(len(TOKENS))]
    ways: list[Callable[[], bytes]] = [
        lambda: content[:at],
        lambda: content[:at] + token + content[at:],
        lambda: content[:at] + rng.bytes(3) + content[at:],
        lambda: content[:at] + content[at + int(rng.integers(1, 60)) :],
        lambda: content.replace(b"\n", b"\r\n"),
        lambda: content.replace(b"\n", b"\r", int(rng.integers(1, 4))),
        lambda: b"\xef\xbb\xbf" + content,
        lambda: content + content,
        lambda: content.rstrip(b"\n"),
        lambda: b"",
        lambda: b"\n".join(lines[line:]),
        lambda: b"\n".join([*lines[:line], *lines[line : line + 1] * 3, *lines[line + 1 :]]),
        lambda: b"\n".join([*lines[:line], b"", token, *lines[line:]]),
        lambda: b"\n".join([lines[0], *(lines[1:][i] for i in rng.permutation(len(lines) - 1))]),
        lambda: b"\n".join([*lines[:line], _field(lines[line], token, rng), *lines[line + 1 :]]),
        lambda: b"\n".join(_field(each, token, rng) for each in lines),
        lambda: b"\n".join(each + b"," + token for each in lines),
        lambda: content.replace(b",", b";"),
        lambda: content.replace(b'"', b"'"),
    ]
    return ways[rng.integers(len(ways))]()


def _field(line: bytes, token: bytes, rng: np.random.Generator) -> bytes:
    """The line with another text in one of its fields."""
    separator = max((b",", b";", b"@", b"\t"), key=line.count)
    fields = line.split(separator)
    fields[rng.integers(len(fields))] = token
    return separator.join(fields)


def spoil_value(value: Any, rng: np.random.Generator) -> Any:
    """A JSON or TOML value with one thing wrong somewhere in it: another value, one that lacks, one too many."""
    value = copy.deepcopy(value)
    places = [(holder, key) for holder in _holders(value) for key in _keys(holder)]
    if not places:
        return VALUES[rng.integers(len(VALUES))]
    holder, key = places[rng.integers(len(places))]
    way = rng.integers(6)
    if way == 0:
        del holder[key]
    elif way == 1 and isinstance(holder, dict):
        holder[str(rng.choice(["x", "", "seed", f"{key}s", "__class__"]))] = holder[key]
    elif way == 1:
        holder.append(holder[key])
    else:
        holder[key] = copy.deepcopy(VALUES[rng.integers(len(VALUES))])
    return value


def _holders(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value, *(holder for inner in value.values() for holder in _holders(inner))]
    if isinstance(value, list):
        return [value, *(holder for inner in value[:20] for holder in _holders(inner))]
    return []


def _keys(holder: Any) -> list[Any]:
    return list(holder) if isinstance(holder, dict) else list(range(min(len(holder), 20)))


def answered(case: Callable[[], str]) -> str:
    """What came of a case: what it gives, or the name of the package's error that says why not."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return case()
        except RlbenchError as error:
            assert error.what and (error.where or error.hint), f"an error that says too little: {error!r}"
            assert len(str(error)) < 20_000, f"an error of {len(str(error))} characters"
            assert printable(str(error)) == str(error), f"an error that a terminal obeys: {error!r}"
            return type(error).__name__


def _play_batch(
    play: Callable[[int, int], str], seed: int, first: int, at: multiprocessing.Value, results: multiprocessing.Queue
) -> None:
    with contextlib.suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for number in range(first, first + BATCH):
        at.value = number
        try:
            with contextlib.redirect_stderr(io.StringIO()):
                outcome = play(seed, number)
        except Exception as error:
            outcome = f"FINDING case {number}: {type(error).__name__}: {' '.join(str(error).split())[:300]}"
        results.put(outcome)


def campaign(play: Callable[[int, int], str], about: str) -> int:
    """The command line of a fuzzer: plays until the time is over, prints what came of it, and gives the exit code."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--only", type=int, help="one case")
    options = parser.parse_args()
    if options.only is not None:
        print(play(options.seed, options.only))
        return 0
    began, first, outcomes = time.monotonic(), options.first, collections.Counter()
    context = multiprocessing.get_context("fork")
    while time.monotonic() - began < options.seconds:
        at, results = context.Value("q", first), context.Queue()
        batch = context.Process(target=_play_batch, args=(play, options.seed, first, at, results))
        batch.start()
        batch.join(PATIENCE)
        if batch.is_alive() or batch.exitcode:
            how = "hangs" if batch.is_alive() else f"dies ({batch.exitcode})"
            batch.kill()
            outcomes[f"FINDING case {at.value} {how}"] += 1
        while not results.empty():
            outcomes[results.get()] += 1
        first += BATCH
    findings = [name for name in outcomes if name.startswith("FINDING")]
    seconds = round(time.monotonic() - began)
    print(json.dumps({"cases": first - options.first, "seconds": seconds, **outcomes}, indent=1))
    return 1 if findings else 0
