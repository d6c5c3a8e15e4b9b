"""A page for every estimator, learner and baseline, and one for each list of short things, from their docstrings."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from docstrings import as_typed, code, facts, field_docs, first_sentence, markdown, table

from rlbench_rec import tasks
from rlbench_rec.audit.datasheets.of_task import PAGES
from rlbench_rec.ope import ESTIMATORS
from rlbench_rec.policies import POLICIES, parameters
from rlbench_rec.suite import listings
from rlbench_rec.training import ALGORITHMS

LISTS = {
    "encoders": "Encoders",
    "loops": "Training loops",
    "metrics": "Metrics",
    "suites": "Suites",
    "datasets": "Data sets",
}
"""Things that one line describes; functions of `suite.listings`."""


def pages() -> dict[str, str]:
    """Place in the site -> Markdown."""
    return (
        group(
            "estimators",
            "Estimators",
            "Formulas of off-policy evaluation; [ope.md](../ope.md) explains them.",
            ESTIMATORS,
            estimator,
        )
        | group(
            "learners",
            "Learners",
            "What trains on a log; [training.md](../training.md) explains how.",
            ALGORITHMS,
            learner,
        )
        | group(
            "baselines",
            "All baselines",
            "What a learner must beat; see [baselines.md](../baselines.md).",
            POLICIES,
            baseline,
        )
        | {f"lists/{name}.md": listed(name, title) for name, title in LISTS.items()}
    )


def group(folder: str, title: str, what: str, registry: Any, page: Any) -> dict[str, str]:
    """The pages of a registry, and their index."""
    made = {f"{folder}/{name}.md": f"# {name}\n\n{page(name, registry[name])}" for name in registry}
    rows = [[f"[{name}]({name}.md)", summary(registry[name])] for name in registry]
    return {f"{folder}/index.md": f"# {title}\n\n{what}\n\n{table(['id', 'what it is'], rows)}"} | made


def summary(thing: Any) -> str:
    return as_typed(first_sentence(inspect.cleandoc(thing.__doc__ or "")))


def estimator(name: str, thing: Any) -> str:
    """Its formula and paper, what it needs, and what its verdict looks at."""
    needs = (["`q_logged` and `v_target`, a model's values"] if thing.needs_q else []) + [f"`{thing.needs}`"] * bool(
        thing.needs
    )
    about = {
        "needs of the log": " and ".join(needs) or "nothing more",
        "logs": "of one decision an episode" if thing.one_step_only else "of one decision or of several",
        "interval": "leaves a bias out, so it is never `trusted`" if thing.biased else "covers its error",
        "verdict looks at": ", ".join(kind.replace("_", " ") for kind in thing.kinds),
        "not a number where": thing.undefined,
        "a constant added to every reward": "moves it by as much"
        if thing.shift_equivariant
        else "may move it otherwise",
    }
    settings = [
        f"{key} = {thing.parameters[key]:g}" if key in thing.parameters else f"{key}=…" for key in thing.required
    ]
    settings += [f"{key} = {value:g}" for key, value in thing.parameters.items() if key not in thing.required]
    call = ", ".join([f'log, "{name}"', *(setting.replace(" ", "") for setting in settings)])
    return f"{markdown(thing)}\n\n{facts(about)}\n{code(f'ope.estimate({call})')}\n"


def learner(name: str, cls: Any) -> str:
    """Its docstring, what it looks for, and every field of its config."""
    about = {
        "learns": cls.learns,
        "policies of it": ", ".join(f"`{form}`" for form in cls.forms),
        "encoder": f"`{cls.encoder}`"
        + (f" (only {', '.join(cls.encoders)})" if cls.encoders else " unless another is named"),
    }
    used = code(f'[[algorithms]]\nid = "{name}"\nconfig = {{ learning_rate = 1e-3 }}   # any of the settings', "toml")
    settings = settings_of(cls.model_fields, field_docs(cls))
    parts = [markdown(cls), "", facts(about), "## Settings\n", settings, "## In a suite\n", used, ""]
    return "\n".join(parts)


def baseline(name: str, function: Any) -> str:
    """Its docstring and settings."""
    fields = parameters(name)
    settings = f"## Settings\n\n{settings_of(fields, {})}\n" if fields else ""
    call = ", ".join([f'"{name}"', "train", *(f"{key}={field.default!r}" for key, field in fields.items())])
    used = code(f"rb.policies.make({call})", "python")
    return "\n".join([markdown(getattr(function, "func", function)), "", settings, "## In Python\n", used, ""])


def settings_of(fields: Mapping[str, Any], docs: Mapping[str, str]) -> str:
    """A row each: default, limits, meaning."""
    rows = [
        [
            f"`{name}`",
            f"`{field.get_default(call_default_factory=True)}`",
            limits(field),
            as_typed(docs.get(name, field.description or "")),
        ]
        for name, field in fields.items()
    ]
    head = ["setting", "default", "limits", "what it is"]
    if not any(row[3] for row in rows):
        return table(head[:3], [row[:3] for row in rows])
    return table(head, rows)


def limits(field: Any) -> str:
    """What pydantic holds it to, as text."""
    names = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    found = [
        f"{sign} {getattr(part, key):g}"
        for part in field.metadata
        for key, sign in names.items()
        if getattr(part, key, None) is not None
    ]
    return ", ".join(found).replace("<", "&lt;").replace(" ", "&nbsp;").replace(",&nbsp;", ", ")


def settings_of_task(page: str) -> str:
    """For the page docs/tasks/<page>.md: the settings of each task that it is about."""
    made = ""
    for name in (name for name in tasks.TASKS if PAGES.get(name, name.rsplit("-v", 1)[0]) == page):
        config = tasks.make(name, seed=0).config
        made += f'\n## Settings of {name}\n\n`rb.tasks.make("{name}", seed=0, setting=value)`; where it stands: '
        made += f"[datasheet](../datasheets/{name}.md).\n\n"
        made += settings_of(type(config).model_fields, field_docs(type(config)))
    return made


def listed(name: str, title: str) -> str:
    """A table of `suite.listings`."""
    rows = getattr(listings, name)()
    command = "rlbench data list" if name == "datasets" else f"rlbench list {name}"
    cells = [[as_typed(str(value)) for value in row.values()] for row in rows]
    return f"# {title}\n\nAs `{command}` prints them.\n\n{table(list(rows[0]), cells)}"
