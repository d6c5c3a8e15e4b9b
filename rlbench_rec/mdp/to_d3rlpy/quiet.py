"""d3rlpy without its side effects."""

from __future__ import annotations

import contextlib
import functools
import io
import logging
from types import ModuleType
from typing import Any

from ...extras import require


@functools.cache
def d3rlpy() -> ModuleType:
    """Import d3rlpy silently and put back what its import changes globally.

    Its import prints a Gym notice on stderr and log lines on stdout, reconfigures structlog, and, where there is a CUDA
    device, lowers the precision of matrix products and turns compiled autograd on. d3rlpy's own log stays silent
    afterwards.

    Raises:
        MissingExtraError: d3rlpy or torch is not installed.
    """
    require("train", "Whatever goes through d3rlpy")
    import structlog
    import torch

    cuda = torch.cuda.is_available()
    precision = torch.get_float32_matmul_precision()
    if cuda:
        import torch._dynamo

        compiled = torch._dynamo.config.compiled_autograd
    settings = structlog.get_config() if structlog.is_configured() else None

    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        import d3rlpy as module
        import d3rlpy.logging

    torch.set_float32_matmul_precision(precision)
    if cuda:
        torch._dynamo.config.compiled_autograd = compiled
    structlog.configure(**settings) if settings else structlog.reset_defaults()
    _silence(d3rlpy.logging.LOG)
    return module


def _silence(log: Any) -> None:
    """Silence d3rlpy's logger, without touching any other logging."""
    import structlog

    mute = structlog.wrap_logger(None, wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    # Every module of d3rlpy holds this same lazy proxy, which asks its own `bind` for a logger at each call.
    log.bind = lambda **values: mute.bind(**values)
