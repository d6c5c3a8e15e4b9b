"""Four families of settings that share none; which of them the rule had seen when, docs/coverage.md says."""

from __future__ import annotations

from . import choose, fresh, heavy, show

FAMILIES = {one.__name__.rsplit(".", 1)[1]: one.settings() for one in (choose, show, fresh, heavy)}
