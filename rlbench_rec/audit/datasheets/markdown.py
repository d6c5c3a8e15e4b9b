"""A datasheet for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .datasheet import Datasheet

SECTIONS = {
    "motivation": "What it was made for",
    "composition": "What it holds",
    "collection": "How it came about",
    "processing": "What is made of it",
    "uses": "What may be claimed",
    "maintenance": "Who looks after it",
}


def markdown(sheet: Datasheet) -> str:
    """The datasheet as a page."""
    facts = {
        "id": f"`{sheet.id}`",
        "kind": sheet.kind,
        "version": sheet.version,
        "published": f"{sheet.published_on or 'not known'}, by {', '.join(sheet.creators) or 'not known'}",
        "where": sheet.url or "not known",
        "licence": f"{sheet.licence.text} ({sheet.licence.status})",
        "cite": sheet.citation or "not known",
        "not known": ", ".join(sheet.unknown) or "nothing of this page",
    }
    lines = [f"# {sheet.title}", "", sheet.summary, "", *_table(("", ""), [(k, _cell(v)) for k, v in facts.items()])]
    for name, heading in SECTIONS.items():
        lines += ["", f"## {heading}", *(f"- {sentence}" for sentence in getattr(sheet, name))]
    files = [(f"`{file.name}`", file.url or "-", file.sha256 or "-", str(file.size or "-")) for file in sheet.files]
    lines += ["", "## Files", *_table(("file", "from", "SHA-256", "bytes"), files)]
    fields = [(f"`{field.name}`", field.type, field.role) for field in sheet.fields]
    lines += ["", "## Columns that are read", *_table(("column", "type", "what it is"), fields)]
    return "\n".join(lines) + "\n"


def index(sheets: Iterable[Datasheet]) -> str:
    """The page that names all datasheets, and whose licence was read."""
    rows = [
        (f"[{sheet.id}]({sheet.id}.md)", sheet.kind, _cell(sheet.licence.text), sheet.licence.status.partition(":")[0])
        for sheet in sheets
    ]
    lines = [
        "# Datasheets",
        "",
        "What is known of every data set and task, in Markdown and, beside it, in",
        "[Croissant](https://mlcommons.org/croissant/) 1.1 (`<id>.croissant.json`). Written by",
        "`rlbench data datasheet --out docs/datasheets` and `rlbench tasks datasheet --out docs/datasheets` from the",
        "cards and the tasks; a test keeps them in step. `unread`: nobody has read the licence in its owners' words",
        "for this project, so look before you use the data.",
        "",
        *_table(("id", "kind", "licence", "its text"), rows),
    ]
    return "\n".join(lines) + "\n"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (header, ["---"] * len(header), *rows)]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
