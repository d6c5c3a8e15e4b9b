"""Whatever a command raises is one message and an exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import warnings

import pytest

from rlbench_rec.cli.boundary import guarded
from rlbench_rec.errors import DataWarning, InputError


def raiser(error):
    def command():
        raise error

    return command


def deep():
    return deep()


FULL = OSError(28, "No space left on device", "/data/x")
ERRORS = {
    "own": (raiser(InputError("No rows.", where="a.csv")), "rlbench: a.csv: No rows."),
    "key": (raiser(KeyError("x")), "unexpected error in a library: KeyError: 'x'."),
    "recursion": (deep, "unexpected error"),
    "memory": (raiser(MemoryError()), "Memory ran out"),
    "full": (raiser(FULL), "/data/x: It cannot be read or written (No space left on device). The disk is full"),
    "refused": (raiser(PermissionError(13, "Permission denied", "/srv/x")), "/srv/x: It cannot be read or written"),
    "surrogates": (lambda: "caf\udce9".encode() and 0, "not UTF-8"),
    "assertion": (raiser(AssertionError()), "AssertionError"),
    "panic": (raiser(type("PanicException", (BaseException,), {})("at x.rs")), "PanicException: at x.rs"),
    "long": (raiser(ValueError("x" * 10_000)), "…"),
    "lines": (raiser(ValueError("a\n\n  b\x1b[2J")), "ValueError: a b\\u001b[2J"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_whatever_is_raised_is_one_line_and_exit_code_2(name, capsys):
    command, expected = ERRORS[name]
    assert guarded(command, debug=False) == 2
    out, err = capsys.readouterr()
    assert not out and expected in err and err.count("\n") == 1 and len(err) < 1_000
    assert "Traceback" not in err and "\x1b" not in err


def test_debug_writes_the_traceback_into_a_file(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert guarded(deep, debug=True) == 2
    (file,) = tmp_path.iterdir()
    assert "RecursionError" in file.read_text() and str(file) in capsys.readouterr().err


def test_debug_without_a_place_to_write_prints_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("pathlib.Path.write_text", lambda *_, **__: (_ for _ in ()).throw(OSError(30, "Read-only")))
    assert guarded(raiser(KeyError("x")), debug=True) == 2
    assert "KeyError" in capsys.readouterr().err


def test_codes_pass_through_and_warnings_are_lines(capsys):
    def command():
        # As Python does with a warning, were pytest not to catch it.
        sys.stderr.write(warnings.formatwarning("a \x1b[2J hole", DataWarning, "x.py", 1))
        return 3

    assert guarded(command, debug=False) == 3
    assert capsys.readouterr().err == "rlbench: a \\u001b[2J hole\n"


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_ends_the_command_and_cleans_up(name, code, capsys):
    cleaned = []

    def command():
        try:
            os.kill(os.getpid(), getattr(signal, name))
            signal.pause()
        finally:
            if name != "SIGINT":
                # Schedulers send it twice: to the process and to its group.
                os.kill(os.getpid(), getattr(signal, name))
            cleaned.append(True)

    before = signal.getsignal(getattr(signal, name))
    assert guarded(command, debug=False) == code and cleaned
    assert signal.getsignal(getattr(signal, name)) == before


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_in_the_midst_of_a_destructor_is_not_lost(name, code, capsys):
    class Thing:
        def __del__(self):
            os.kill(os.getpid(), getattr(signal, name))
            time.sleep(0)

    def command():
        Thing()
        # Not of the clock: a busy machine may need seconds to get here.
        for _ in range(1_000):
            time.sleep(0.01)

    before = sys.unraisablehook
    assert guarded(command, debug=False) == code
    assert "Traceback" not in capsys.readouterr().err and sys.unraisablehook is before


def test_a_reader_that_has_seen_enough_changes_no_exit_code(tmp_path):
    code = (
        "import sys; from rlbench_rec.cli.boundary import guarded\n"
        "from rlbench_rec.cli.render.console import say, stdout_console\n"
        "def command():\n for i in range(9999): say('x' * 99)\n stdout_console().print('y' * 99)\n return 3\n"
        "sys.exit(guarded(command, debug=False))"
    )
    run = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    run.stdout.readline()
    run.stdout.close()
    err = run.stderr.read()
    assert run.wait() == 3 and not err


def test_wrong_use_is_told_without_obeying_it(rlbench):
    for arguments in (["run", "--seeds", "\x1b[2J"], ["\x1b[2J"], ["ope", "x", "--\x1b[2J"]):
        code, out, err = rlbench(*arguments)
        assert code == 2 and "\x1b" not in out + err and "Traceback" not in err


def test_debug_may_stand_anywhere(rlbench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for arguments in (["--debug", "ope", "x.csv"], ["ope", "x.csv", "--debug"]):
        code, _, err = rlbench(*arguments)
        assert code == 2 and "rlbench-traceback" in err
