"""What every registered encoder must do: `check_encoder("gru")`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from safetensors.torch import load, save
from torch import nn

from ..errors import InputError
from ..mdp.dataset import StateLayout
from ..training import ENCODERS
from .algorithms import check_algorithm
from .contract import Check, require

WITH_HISTORY = StateLayout(context=3, history=4, item_count=9, event_count=3)
WITHOUT_HISTORY = StateLayout(context=3)
HIDDEN_UNITS = (16, 8)
EMBEDDING_SIZE = 5
TOLERANCE = 1e-5


def check_encoder(name: str) -> None:
    """Assert the contract: features of the width asked for, each state by itself, trainable, and saved whole.

    Args:
        name: id in `ENCODERS`.

    Raises:
        AssertionError: what does not hold.
    """
    require(encoder_checks(name))


def encoder_checks(name: str) -> list[Check]:
    """The checks of `check_encoder`, one by one."""
    registered: object = ENCODERS[name]
    if not (isinstance(registered, type) and issubclass(registered, nn.Module)):
        return [Check("is what it is registered as", lambda: _refuse(registered))]

    def of_layouts(check: Callable[[str, StateLayout], None]) -> Callable[[], None]:
        def run() -> None:
            for layout in _layouts(name):
                check(name, layout)

        return run

    return [
        Check("says what it is", lambda: _check_documented(name)),
        Check("reads states with a history, or without one", lambda: _check_layouts(name)),
        Check("features are as wide as the last hidden layer", of_layouts(_check_width)),
        Check("a state's features do not depend on the batch", of_layouts(_check_batches)),
        Check("every weight is trained", of_layouts(_check_gradients)),
        Check("weights are saved and read back", of_layouts(_check_saved)),
        Check("learns the toy shop", lambda: check_algorithm("double-dqn", encoder=name)),
    ]


def _refuse(registered: object) -> None:
    raise AssertionError(f"{registered!r} was registered; register a class that extends torch.nn.Module.")


def _build(name: str, layout: StateLayout) -> nn.Module:
    torch.manual_seed(0)
    return ENCODERS[name](layout, HIDDEN_UNITS, EMBEDDING_SIZE)


def _layouts(name: str) -> list[StateLayout]:
    """Those that it reads."""
    layouts = []
    for layout in (WITH_HISTORY, WITHOUT_HISTORY):
        try:
            _build(name, layout)
        except InputError:
            continue
        layouts.append(layout)
    return layouts


def _states(layout: StateLayout, rows: int = 12) -> torch.Tensor:
    """States with histories of every length, padding first."""
    generator = torch.Generator().manual_seed(1)
    context = torch.randn(rows, layout.context, generator=generator)
    if not layout.history:
        return context
    real = torch.arange(layout.history) >= layout.history - torch.arange(rows)[:, None] % (layout.history + 1)
    shape = (rows, layout.history)
    items = torch.randint(1, layout.item_count + 1, shape, generator=generator)
    events = torch.randint(1, layout.event_count + 1, shape, generator=generator)
    gaps = 100 * torch.rand(shape, generator=generator)
    return torch.cat([context, *(block * real for block in (items, events, gaps))], dim=1)


def _check_documented(name: str) -> None:
    assert (ENCODERS[name].__doc__ or "").strip(), (
        "has no docstring; `rlbench list encoders` shows its first paragraph."
    )


def _check_layouts(name: str) -> None:
    assert _layouts(name), "refuses every state with an InputError; it must read one of the two."


def _check_width(name: str, layout: StateLayout) -> None:
    states = _states(layout)
    features = _build(name, layout)(states)
    expected = (len(states), HIDDEN_UNITS[-1])
    hint = "hidden_units are the widths of the layers, the last that of the features."
    assert tuple(features.shape) == expected, f"features have the shape {tuple(features.shape)}, not {expected}; {hint}"
    assert features.dtype == torch.float32, f"features are {features.dtype}; float32 is needed."
    assert bool(torch.isfinite(features).all()), "features hold a NaN or an infinity; mind states of padding alone."


def _check_batches(name: str, layout: StateLayout) -> None:
    encoder, states = _build(name, layout).eval(), _states(layout)
    with torch.no_grad():
        whole = encoder(states)
        alone = torch.cat([encoder(states[row : row + 1]) for row in range(len(states))])
        again = encoder(states)
    hint = "it may not look across the batch (no batch normalisation)."
    assert torch.equal(whole, again), "asked twice, it gives different answers; nothing may be drawn in eval mode."
    row = int((whole - alone).abs().amax(dim=1).argmax())
    assert torch.allclose(whole, alone, atol=TOLERANCE), f"state {row} alone has other features; {hint}"


def _check_gradients(name: str, layout: StateLayout) -> None:
    encoder = _build(name, layout)
    features = encoder(_states(layout))
    weights = torch.randn(features.shape, generator=torch.Generator().manual_seed(2))
    (features * weights).sum().backward()
    trained = {key: weight.grad for key, weight in encoder.named_parameters() if weight.requires_grad}
    assert trained, "has no weights to train."
    for key, gradient in trained.items():
        assert gradient is not None, f"{key} has no gradient: no feature comes from it; use it or leave it out."
        assert bool(torch.isfinite(gradient).all()), f"the gradient of {key} holds a NaN or an infinity."
    assert any(bool(gradient.any()) for gradient in trained.values() if gradient is not None), "all gradients are 0."


def _check_saved(name: str, layout: StateLayout) -> None:
    encoder, states = _build(name, layout).eval(), _states(layout)
    torch.manual_seed(3)
    other = ENCODERS[name](layout, HIDDEN_UNITS, EMBEDDING_SIZE).eval()
    other.load_state_dict(load(save({key: value.contiguous() for key, value in encoder.state_dict().items()})))
    with torch.no_grad():
        same = torch.equal(encoder(states), other(states))
    assert same, "read back it has other features; keep all it needs in parameters and buffers, fixed by its arguments."
