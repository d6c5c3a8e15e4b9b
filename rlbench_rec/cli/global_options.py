"""Options that every command has; they may stand anywhere in the command line."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from ..errors import InputError


@dataclass
class GlobalOptions:
    """What holds for every command.

    Attributes:
        quiet: nothing on stderr but errors.
        verbose: also what the package logs.
        no_color: no escape codes; so does the environment variable NO_COLOR (no-color.org).
        debug: the traceback of an error goes into a file.
        plugins: modules to import.
    """

    quiet: bool = False
    verbose: bool = False
    no_color: bool = field(default_factory=lambda: bool(os.environ.get("NO_COLOR")))
    debug: bool = False
    plugins: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Raise an InputError where two options exclude each other."""
        if self.quiet and self.verbose:
            raise InputError("These exclude each other.", where="--quiet, --verbose", hint="Give one of them.")


def split(line: list[str]) -> tuple[list[str], GlobalOptions]:
    """The arguments of the command, and the global options, which it does not see. After `--` all are arguments."""
    options, arguments = GlobalOptions(), []
    words = iter(line)
    for word in words:
        if word == "--quiet":
            options.quiet = True
        elif word == "--verbose":
            options.verbose = True
        elif word == "--no-color":
            options.no_color = True
        elif word == "--debug":
            options.debug = True
        elif word == "--plugin":
            options.plugins.append(next(words, ""))
        elif word.startswith("--plugin="):
            options.plugins.append(word.removeprefix("--plugin="))
        else:
            arguments += [word, *words] if word == "--" else [word]
    return arguments, options
