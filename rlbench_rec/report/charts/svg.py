"""Elements of an SVG, every text and attribute of them escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ..shown_text import shown

if TYPE_CHECKING:
    from markupsafe import Markup

MARKERS = {"trusted": "circle", "weak": "square", "unreliable": "cross"}
"""Verdict -> shape: it says what the colour says, for those who do not see it."""


def element(name: str, *children: str, **attributes: object) -> Markup:
    """An element. Children that are markup are taken as they are, others escaped; attributes that are None are left
    out, `class_` is `class`, and other underscores are dashes."""
    from markupsafe import Markup

    cells = (
        f' {"class" if key == "class_" else key.replace("_", "-")}="{escape(_text(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = "".join(child if isinstance(child, Markup) else escape(shown(child)) for child in children)
    return Markup(f"<{name}{''.join(cells)}>{inner}</{name}>")


def drawing(width: float, height: float, label: str, *children: str, class_: str = "chart") -> Markup:
    """The whole picture: it scales to its place, and a screen reader says its label."""
    box = f"0 0 {_text(width)} {_text(height)}"
    # Width and height are wanted where a style sheet has no say: in an e-mail, say.
    size = {"width": width, "height": height} if class_ != "chart" else {}
    return element("svg", *children, viewBox=box, role="img", aria_label=label, class_=class_, **size)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def words(x: float, y: float, text: str, class_: str = "", anchor: str = "start") -> Markup:
    """A text, its baseline at y."""
    return element("text", text, x=x, y=y, text_anchor=None if anchor == "start" else anchor, class_=class_ or None)


def marker(x: float, y: float, verdict: str, size: float = 4.0) -> Markup:
    """A point in the shape and the colour of its verdict; a circle where there is none."""
    shape = MARKERS.get(verdict, "circle")
    kind = verdict if verdict in MARKERS else "plain"
    if shape == "square":
        return element("rect", x=x - size, y=y - size, width=2 * size, height=2 * size, class_=f"point {kind}")
    if shape == "cross":
        path = f"M{_text(x - size)} {_text(y - size)}l{_text(2 * size)} {_text(2 * size)}m0 {_text(-2 * size)}"
        return element("path", d=f"{path}l{_text(-2 * size)} {_text(2 * size)}", class_=f"point {kind}")
    return element("circle", cx=x, cy=y, r=size, class_=f"point {kind}")


def verdict_marks() -> list[tuple[str, Markup]]:
    """Each verdict with its mark, for a key."""
    return [
        (verdict, element("svg", marker(6, 6, verdict, 3.5), viewBox="0 0 12 12", aria_hidden="true", class_="sign"))
        for verdict in MARKERS
    ]


def with_tip(tip: str, *children: str) -> Markup:
    """Marks that say more when they are pointed at."""
    return element("g", element("title", tip), *children, class_="mark")


def path(points: list[tuple[float, float]], class_: str, dash: str | None = None) -> Markup:
    """A line through points."""
    steps = "L".join(f"{_text(x)} {_text(y)}" for x, y in points)
    return element("path", d=f"M{steps}", class_=class_, stroke_dasharray=dash)


def area(lower: list[tuple[float, float]], upper: list[tuple[float, float]], class_: str) -> Markup:
    """What lies between two lines over the same places."""
    steps = "L".join(f"{_text(x)} {_text(y)}" for x, y in [*upper, *lower[::-1]])
    return element("path", d=f"M{steps}Z", class_=class_)


def _text(value: object) -> str:
    """Numbers to a hundredth of a pixel."""
    if isinstance(value, int | float):
        return f"{round(float(value), 2) + 0.0:.10g}"
    return shown(str(value))
