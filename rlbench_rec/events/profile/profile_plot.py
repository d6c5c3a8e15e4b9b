"""A profile as a picture: the bars, with the counts beside them. The same profile gives the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...figure_style import GAP, INK, LABEL, column, finish
from ...figures import PALETTE, Format, image, new_figure, show_as_written
from .facts import Profile, Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOUR = PALETTE[0]
FUNNEL = "Sessions with at least one"
BOUGHT = "purchase"
APART = 0.12
"""Inches around each panel."""


def picture(profile: Profile, format: Format = "png") -> bytes:
    """Every section that has bars, side by side; what the card and the account say stands below them."""
    figure = profile_figure(profile)
    # Names come from cards and logs: a dollar sign in them begins no formula.
    show_as_written(figure)
    return image(figure, format)


def profile_figure(profile: Profile) -> Figure:
    """The picture, before it is written.

    Args:
        profile: of a log.
    """
    barred = [section for section in profile.sections if any(row.share is not None for row in section.rows)]
    tallest = max((len(section.rows) for section in barred), default=1)
    figure = new_figure(3.9 * max(len(barred), 2), 0.6 + 0.3 * tallest)
    for place, section in enumerate(barred):
        _draw(figure.add_subplot(1, len(barred), place + 1), section, tallest)
    engine: Any = figure.get_layout_engine()
    engine.set(w_pad=APART)
    finish(figure, _message(profile), _summary(profile))
    return figure


def _message(profile: Profile) -> str:
    """How many sessions end in a purchase, where the log says so."""
    rows = {row.label: row for section in profile.sections if section.title == FUNNEL for row in section.rows}
    if BOUGHT not in rows:
        return profile.title
    return f"{profile.title}: {100 * (rows[BOUGHT].share or 0):.1f} % of the sessions have a purchase"


def _summary(profile: Profile) -> str:
    values = {row.label: row.value for section in profile.sections for row in section.rows if row.share is None}
    shown = [f"{values[name]} {name}" for name in ("rows read", "kept", "sessions", "users", "items") if name in values]
    return "\n".join(filter(None, (", ".join(shown), profile.note)))


def _draw(axis: Axes, section: Section, tallest: int) -> None:
    shares = [row.share or 0.0 for row in section.rows]
    axis.barh(range(len(shares)), shares, color=COLOUR, height=0.7)
    axis.set(ylim=(tallest - 0.4, -0.6), xlim=(0, max(shares) or 1))
    axis.set_title(section.title, fontsize=LABEL, loc="left")
    axis.xaxis.set_visible(False)
    axis.set_yticks([])
    axis.spines[["top", "right", "bottom"]].set_visible(False)
    column(axis, [row.label for row in section.rows], "left", GAP / 2, color=INK)
    at = column(axis, [row.value for row in section.rows], "right", GAP)
    column(axis, [f"{100 * share:.1f} %" for share in shares], "right", at + GAP)
