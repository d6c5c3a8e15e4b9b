"""Policy forms: how scores become a policy, as they are written in suites, options and tables."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ..arguments import expect_text
from ..errors import InputError

PARAMETERS = {
    "softmax": "tau",
    "epsilon-greedy": "epsilon",
    "tilted": "divergence",
    "mixed": "share",
    "constrained": "share",
}
"""Form -> its parameter, as `Run.policy` names it. The other forms have none."""
REWEIGHTED_FORMS = ("tilted", "mixed", "constrained")
"""The forms that stay with the behaviour policy: see `Reweighted`."""
FRONTIER, FRONTIER_BEST = FRONTIER_FORMS = ("frontier", "frontier-best")
"""What is chosen of a dial on episodes that training held out; forms of suites alone."""
PLAIN_FORMS = ("greedy", "stochastic", *FRONTIER_FORMS)
"""The forms without a parameter."""
LARGEST = {"epsilon-greedy": 1.0, "mixed": 1.0, "constrained": 1.0}
"""Form -> the largest value of its parameter; that of the others is finite."""
HINT = (
    "Write greedy, stochastic, softmax-<tau>, epsilon-greedy-<epsilon>, tilted-<nats a session>, mixed-<share>, "
    "constrained-<share>, frontier or frontier-best, e.g. softmax-0.3."
)


@dataclass(frozen=True)
class PolicyForm:
    """A policy form with its parameter; `str` gives what `parse_form` reads.

    Attributes:
        name: `greedy`, `stochastic`, `softmax`, `epsilon-greedy`, `tilted`, `mixed`, `constrained`, `frontier` or
            `frontier-best`.
        parameter: the number behind the name; None where there is none.
    """

    name: str
    parameter: float | None = None

    @property
    def arguments(self) -> dict[str, Any]:
        """The parameter under its name, as `Run.policy` takes it."""
        return {} if self.parameter is None else {PARAMETERS[self.name]: self.parameter}

    def __str__(self) -> str:
        if self.parameter is None:
            return self.name
        short = f"{self.parameter:g}"
        return f"{self.name}-{short if float(short) == self.parameter else repr(self.parameter)}"


def parse_form(text: str, where: str = "forms") -> PolicyForm:
    """`greedy`, `stochastic`, `softmax-<tau>`, `epsilon-greedy-<epsilon>`, `tilted-<k>`, `mixed-<m>`,
    `constrained-<c>`, `frontier` or `frontier-best`.

    Args:
        text: the form, as it is typed.
        where: what an error names.

    Raises:
        InputError: anything else, or a parameter out of range.
    """
    expect_text(text, where)
    if text in PLAIN_FORMS:
        return PolicyForm(text)
    for name in PARAMETERS:
        if text.startswith(f"{name}-"):
            value = _number(text.removeprefix(f"{name}-"))
            if value is not None and 0.0 <= value <= LARGEST.get(name, math.inf):
                return PolicyForm(name, value)
    raise InputError(f"Unknown policy form '{text}'.", where=where, hint=HINT)


def _number(text: str) -> float | None:
    """A finite number, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
