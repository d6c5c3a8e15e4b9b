"""--quiet, --verbose, --no-color: what reaches stderr, and in which form."""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import pytest

from rlbench_rec.cli.global_options import split

SUITE = """
kind = "estimators"
name = "scoring"
estimators = ["snips"]
episodes = [50]
logs = [2]
sources = [{ task = "tabular-v1", matched = ["myopic-mild"], mismatched = ["worst"] }]
"""
PLUGIN = """
import logging, warnings
warnings.warn("a warning of the plugin", RuntimeWarning)
logging.getLogger("plugin_of_test").warning("a log line of the plugin")
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "scoring.toml").write_text(SUITE)
    (tmp_path / "plugin_of_test.py").write_text(PLUGIN)
    yield tmp_path
    sys.modules.pop("plugin_of_test", None)


@pytest.mark.parametrize("place", [0, 1, 3])
def test_they_may_stand_anywhere(place):
    line = ["ope", "log.csv", "--json"]
    words = ["--quiet", "--no-color", "--debug", "--plugin", "mine", "--plugin=yours"]
    arguments, options = split([*line[:place], *words, *line[place:]])
    assert arguments == line
    assert options.quiet and options.no_color and options.debug and not options.verbose
    assert options.plugins == ["mine", "yours"]


def test_after_two_dashes_all_are_arguments():
    arguments, options = split(["ope", "--", "--quiet", "--plugin"])
    assert arguments == ["ope", "--", "--quiet", "--plugin"] and not options.quiet and not options.plugins


@pytest.mark.parametrize(("value", "off"), [("1", True), ("0", True), ("", False), (None, False)])
def test_no_color_is_also_an_environment_variable(monkeypatch, value, off):
    monkeypatch.delenv("NO_COLOR", raising=False)
    if value is not None:
        monkeypatch.setenv("NO_COLOR", value)
    assert split([])[1].no_color is off


def test_quiet_leaves_stderr_empty(here, rlbench, in_this_process):
    code, out, err = rlbench("run", "scoring.toml", "--out", "loud", "--jobs", "1")
    assert code == 0 and "[2/2]" in err
    code, quiet_out, err = rlbench("--quiet", "run", "scoring.toml", "--out", "quiet", "--jobs", "1")
    assert (code, err) == (0, "")
    # The results are the same: the last line has the time that it took.
    assert quiet_out.splitlines()[:-1] == out.splitlines()[:-1]


def test_quiet_silences_warnings_of_libraries(here):
    command = [sys.executable, "-m", "rlbench_rec", "list", "algorithms", "--plugin", "plugin_of_test"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "a warning of the plugin" in done.stderr and "plugin_of_test: a log line of the plugin" in done.stderr
    done = subprocess.run([*command, "--quiet"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout


def test_quiet_does_not_hide_errors(here, rlbench):
    for line in (["ope", "nothing.csv"], ["run", "quicker"], ["compare", "a.csv"]):
        code, out, err = rlbench(*line, "--quiet")
        assert code == 2 and not out
        assert err == rlbench(*line)[2] != ""


def test_quiet_does_not_hide_failed_jobs(here, rlbench):
    # Long enough that a busy machine sees it running.
    long = SUITE.replace("episodes = [50]", "episodes = [20000]")
    (here / "scoring.toml").write_text(long + "job_timeout = 0.001\n")
    code, _, err = rlbench("run", "scoring.toml", "--out", "out", "--jobs", "1", "--quiet")
    assert code == 1 and "failed: ran past" in err and "[" not in err


def test_verbose_shows_what_the_package_logs(here, rlbench):
    import rlbench_rec.plugins

    logger, before = logging.getLogger("rlbench_rec.anything"), list(logging.getLogger().handlers)
    (here / "plugin_of_test.py").write_text(
        "import logging\n"
        "logger = logging.getLogger('rlbench_rec.anything')\n"
        "logger.debug('a detail of %s', 'ours'); logger.warning('a warning of \x1b[31mours')\n"
        "logging.getLogger('another.library').info('none of ours')\n"
    )
    shown = {}
    for options in ((), ("--verbose",), ("--quiet",)):
        code, _, shown[options] = rlbench("list", "algorithms", "--plugin", "plugin_of_test", *options)
        assert code == 0
        rlbench_rec.plugins.LOADED.clear()
        sys.modules.pop("plugin_of_test", None)
    assert shown[()] == "rlbench: a warning of \\u001b[31mours\n"
    assert shown["--verbose",] == "rlbench: a detail of ours\n" + shown[()]
    assert shown["--quiet",] == ""
    assert logging.getLogger().handlers == before and not logger.isEnabledFor(logging.DEBUG)


def test_quiet_and_verbose_exclude_each_other(rlbench):
    code, _, err = rlbench("list", "algorithms", "--quiet", "--verbose")
    assert code == 2 and "--quiet, --verbose" in err


def test_as_a_library_nothing_is_printed_and_no_handler_is_needed(here, capsys):
    code = (
        "import rlbench_rec as rb, logging\n"
        "assert logging.getLogger('rlbench_rec').handlers and not logging.getLogger().handlers\n"
        "logging.getLogger('rlbench_rec.suite').error('a message that nobody asked for')\n"
        "from rlbench_rec.suite import load_suite, run_suite\n"
        "run_suite(load_suite('scoring.toml'), 'out', workers=1)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=here)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """All that a command writes where stdout and stderr are a terminal of 100 columns."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    settings = {"TERM": "xterm-256color", "COLUMNS": "100"} | environment
    clean = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen(
        [sys.executable, "-m", "rlbench_rec", *arguments], stdout=theirs, stderr=theirs, env=clean | settings
    )
    os.close(theirs)
    text = b""
    while True:
        try:
            block = os.read(ours, 65_536)
        except OSError:
            break
        if not block:
            break
        text += block
    os.close(ours)
    process.wait()
    return text.decode()


@pytest.mark.parametrize("command", [("list", "algorithms"), ("--help",), ("tasks", "--help"), ("ope", "--no-such")])
def test_no_color_writes_no_escape_codes(here, command):
    assert "\x1b" not in on_a_terminal(*command, "--no-color")


def test_a_terminal_gets_colours_unless_the_environment_says_otherwise(here):
    assert "\x1b" in on_a_terminal("list", "algorithms")
    assert "\x1b" not in on_a_terminal("list", "algorithms", NO_COLOR="1")


def test_without_escape_codes_a_run_says_how_far_it_is_in_lines(here):
    text = on_a_terminal("run", "scoring.toml", "--jobs", "1", "--out", "out", "--no-color")
    assert "\x1b" not in text and "[2/2] " in text
