"""A page as HTML: one file, with its style and its script inside, that may load and send nothing."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from .. import __version__
from ..extras import require
from .content import Page
from .shown_text import shown

TEMPLATES = Path(__file__).resolve().parent / "templates"


def html(page: Page) -> str:
    """The HTML of a page. Every text is escaped; the same page gives the same bytes.

    Raises:
        MissingExtraError: jinja2 is not installed.
    """
    require("report", "A report as HTML")
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = shown
    style, script = ((TEMPLATES / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    return environment.get_template("page.html").render(
        page=page,
        # Both are files of this package, and no text of a run is in them.
        style=Markup(style),
        script=Markup(script),
        policy=content_security_policy(style, script),
        version=__version__,
    )


def content_security_policy(style: str, script: str) -> str:
    """Nothing may be loaded, sent or framed; of styles and scripts only these two may take effect, known by their
    hashes.

    Args:
        style, script: the text between the tags, to the letter.
    """
    rules = {
        "default-src": "'none'",
        "style-src": _hash(style),
        "script-src": _hash(script),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
