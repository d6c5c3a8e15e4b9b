"""A profile as one HTML file that loads nothing from elsewhere."""

from __future__ import annotations

from html import escape

from .facts import Profile, Section

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #59636e; --line: #d8dee4; --bar: #0072b2; --paper: #fff }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --dim: #9198a1; --line: #3d444d; --bar: #56b4e9; --paper: #0d1117 }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 62rem;
  margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; margin: 0 0 1rem }
h2 { font-size: 1rem; margin: 0 0 .4rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0 0 2rem }
dt, .dim { color: var(--dim) }
dd { margin: 0; overflow-wrap: anywhere }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); gap: 2rem }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums }
th { font-weight: normal; text-align: left; white-space: nowrap; padding-right: .8rem }
td { text-align: right; white-space: nowrap }
tr { border-top: 1px solid var(--line) }
td.bar { width: 40%; padding-left: .8rem }
td.bar div { background: var(--bar); height: .8em; min-width: 1px; border-radius: 2px }
"""


def page(profile: Profile) -> str:
    """The page. Every text of the card or the log is escaped, and the page may load nothing and run nothing."""
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in profile.card)
    note = f"<p>{escape(profile.note)}</p>" if profile.note else ""
    sections = "".join(map(_section, profile.sections))
    title = escape(profile.title)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{title}</h1>\n<dl>{facts}</dl>\n{note}<main>{sections}</main>\n</body>\n</html>\n"
    )


def _section(section: Section) -> str:
    largest = max((row.share or 0 for row in section.rows), default=0) or 1
    rows = []
    for row in section.rows:
        cells = f'<th scope="row">{escape(row.label)}</th><td>{escape(row.value)}</td>'
        if row.share is not None:
            cells += f'<td class="dim">{row.share:.1%}</td>'
            bar = f'<div style="width:{100 * row.share / largest:.1f}%"></div>' if row.share else ""
            cells += f'<td class="bar">{bar}</td>'
        rows.append(f"<tr>{cells}</tr>")
    return f"<section><h2>{escape(section.title)}</h2><table>{''.join(rows)}</table></section>\n"
