"""Policies by name, and what a user may choose of each."""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ..arguments import expect
from ..extras import require
from ..mdp.dataset import TransitionDataset
from ..registry import Registry
from .allowed import Allowed
from .policy import Policy
from .simple import popularity, uniform

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

FILE = "file:"
POLICIES: Registry[Callable[..., Policy]] = Registry(
    "policy",
    {
        "als": "rlbench_rec.baselines.als:als",
        "bpr": "rlbench_rec.baselines.bpr:bpr",
        "constant": "rlbench_rec.baselines.constant:constant",
        "ease": "rlbench_rec.baselines.ease:ease",
        "item-knn": "rlbench_rec.baselines.item_knn:item_knn",
        "markov": "rlbench_rec.baselines.markov:markov",
        "popular-greedy": "rlbench_rec.baselines.popular:popular_greedy",
        "popular-recent": "rlbench_rec.baselines.popular:popular_recent",
        "popularity": popularity,
        "random": uniform,
        "repeat": "rlbench_rec.baselines.repeat:repeat",
        "vsknn": "rlbench_rec.baselines.vsknn:vsknn",
    },
    aliases={"uniform": "random"},
    group="rlbench_rec.policies",
    families={FILE: "rlbench_rec.baselines.recommendations:from_file"},
)
"""Policies that need no training loop: name -> function of the training dataset, its other parameters by keyword.
`file:PATH` is the policy of a file of recommendations."""

EXTRA_OF = {"als": "baselines", "bpr": "baselines"}
"""Policies that are made by optional packages: name -> the extra of this package that has them."""


def make(name: str, train: TransitionDataset, **parameters: object) -> Policy:
    """A registered policy, fitted on the training side: `make("popularity", train, smoothing=2.0)`.

    It keeps to what may be recommended: see `allowed_actions`.

    Args:
        name: id in `POLICIES`.
        train: the log.
        parameters: of the policy; see `parameters`.

    Raises:
        UnknownNameError: no such policy.
        InputError: a parameter that it does not have, or a value that it cannot take.
        InapplicableError: the log is of a kind that the policy cannot be made of.
    """
    expect(train, TransitionDataset, "train")
    policy = POLICIES[name](train, **settled(name, parameters))
    return Allowed(policy, train.layout) if train.layout.beside else policy


def from_file(path: str | Path, train: TransitionDataset, **parameters: object) -> Policy:
    """The recommendations of any other library as a policy: `make("file:recs.parquet", train)`.

    Args:
        path: a Parquet or CSV file with a user or session, an item, and a score, probability or rank a row.
        train: the training side, built with `mdp.build(..., keep_names=True)`.
        parameters: `temperature`, `explore`; see `baselines.recommendations.from_file`.

    Raises:
        MissingFileError, InputError: the file is not there or cannot be used.
        InapplicableError: the log does not say by name whose its sessions are.
    """
    return make(f"{FILE}{path}", train, **parameters)


def require_packages(name: str) -> None:
    """Refuse a policy whose packages are not installed.

    Raises:
        MissingExtraError: they are not.
    """
    if name in EXTRA_OF:
        require(EXTRA_OF[name], f"The policy '{name}'")


def parameters(name: str) -> dict[str, FieldInfo]:
    """What a user may choose of a policy: parameter -> its type, range and default, as pydantic has them.

    Raises:
        UnknownNameError: no such policy.
    """
    return dict(_model(name).model_fields)


def settled(name: str, overrides: dict[str, object]) -> dict[str, Any]:
    """All parameters of a policy: those that are given, checked, and the defaults of the others.

    Raises:
        UnknownNameError: no such policy.
        InputError: a parameter that it does not have, or a value that it cannot take.
    """
    from ..parsing import with_overrides

    model = with_overrides(overrides, _model(name), f"config of {name}")
    return {field: getattr(model, field) for field in (*type(model).model_fields, *(model.model_extra or {}))}


def _model(name: str) -> type[BaseModel]:
    """The parameters of a policy as a model, read off the signature of its function."""
    from pydantic import ConfigDict, create_model

    function = POLICIES[name]
    named = list(inspect.signature(function).parameters.values())[1:]
    kinds = {parameter.name: parameter.annotation for parameter in named if parameter.annotation is not parameter.empty}
    types = typing.get_type_hints(SimpleNamespace(__annotations__=kinds), _names(function), include_extras=True)
    fields: dict[str, Any] = {
        parameter.name: (
            types.get(parameter.name, Any),
            ... if parameter.default is parameter.empty else parameter.default,
        )
        for parameter in named
        if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    }
    anything = any(parameter.kind is parameter.VAR_KEYWORD for parameter in named)
    config = ConfigDict(extra="allow" if anything else "forbid", arbitrary_types_allowed=True)
    return create_model(name, __config__=config, **fields)


def _names(function: Callable[..., object]) -> dict[str, Any]:
    """What the annotations of a function may refer to."""
    inner = inspect.unwrap(getattr(function, "func", function))
    return vars(sys.modules[inner.__module__])
