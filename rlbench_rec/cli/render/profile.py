"""A profile as text for a terminal of 80 columns."""

from __future__ import annotations

import textwrap

from ...events.profile.facts import Profile, Section

WIDTH, GUTTER = 80, 4
BAR = 7


def profile_text(profile: Profile) -> str:
    """Title, card, and the sections in two columns."""
    lines = [profile.title, ""]
    for name, text in profile.card:
        lines += textwrap.wrap(f"{name:<10} {text}", WIDTH, subsequent_indent=" " * 11)
    if profile.note:
        lines += ["", *textwrap.wrap(profile.note, WIDTH)]
    width = (WIDTH - GUTTER) // 2
    sections = [_section(section, width) for section in profile.sections]
    for left, right in zip(sections[::2], [*sections[1::2], []], strict=False):
        height = max(len(left), len(right))
        lines.append("")
        for a, b in zip(left + [""] * (height - len(left)), right + [""] * (height - len(right)), strict=True):
            lines.append(f"{a:<{width + GUTTER}}{b}".rstrip())
    return "\n".join(lines) + "\n"


def _section(section: Section, width: int) -> list[str]:
    lines = [section.title.upper()]
    largest = max((row.share or 0 for row in section.rows), default=0) or 1
    for row in section.rows:
        if row.share is None:
            lines.append(f"{row.label} {row.value:>{max(width - len(row.label) - 1, 0)}}")
        else:
            bar = "#" * round(BAR * row.share / largest)
            lines.append(f"{row.label:<13}{row.value:>{width - 13 - BAR - 8}}{row.share:>7.1%} {bar}".rstrip())
    return lines
