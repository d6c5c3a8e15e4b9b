"""A profile as a picture: the bars, with the counts beside them. The same profile gives the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...figures import PALETTE, Format, image, new_figure
from ...terminal import printable
from .facts import Profile, Section

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOUR = PALETTE[0]


def picture(profile: Profile, format: Format = "png") -> bytes:
    """Every section that has bars, side by side; what the card and the account say stands below the title."""
    barred = [section for section in profile.sections if any(row.share is not None for row in section.rows)]
    tallest = max((len(section.rows) for section in barred), default=1)
    figure = new_figure(4.2 * max(len(barred), 2), 1.9 + 0.32 * tallest)
    # Names come from cards and logs: a dollar sign in them begins no formula.
    figure.suptitle(printable(f"{profile.title}\n{_summary(profile)}"), fontsize=11, parse_math=False)
    for place, section in enumerate(barred):
        _draw(figure.add_subplot(1, len(barred), place + 1), section)
    return image(figure, format)


def _summary(profile: Profile) -> str:
    values = {row.label: row.value for section in profile.sections for row in section.rows if row.share is None}
    shown = [f"{values[name]} {name}" for name in ("rows read", "kept", "sessions", "users", "items") if name in values]
    return ", ".join(shown) or profile.note


def _draw(axes: Axes, section: Section) -> None:
    places = range(len(section.rows))
    axes.barh(places, [row.share or 0 for row in section.rows], color=COLOUR)
    axes.set_yticks(places, [row.label for row in section.rows], parse_math=False)
    axes.invert_yaxis()
    axes.set_title(section.title, fontsize=10, loc="left")
    axes.xaxis.set_visible(False)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    widest = max(row.share or 0 for row in section.rows) or 1
    axes.set_xlim(0, 1.55 * widest)
    for place, row in enumerate(section.rows):
        axes.text((row.share or 0) + 0.03 * widest, place, f"{row.value} ({row.share:.1%})", va="center", fontsize=8)
