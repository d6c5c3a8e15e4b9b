"""Two families of settings that share none: rules are chosen on `choose`, and shown on `show`."""

from __future__ import annotations

from . import choose, show

FAMILIES = {"choose": choose.settings(), "show": show.settings()}
