"""The repository around docs/: which of its files pages link to, and where in the site they are."""

from __future__ import annotations

import os
import re
from pathlib import Path

LINK = re.compile(r"(\]\()([^)\s]+)(\))")
CODE = re.compile(r"(^```.*?^```$|`[^`\n]+`)", flags=re.DOTALL | re.MULTILINE)


def anchor(heading: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


class Repository:
    """Files outside docs/ that the site carries, since its pages link to them.

    Attributes:
        outside: place in the site -> file. README.md is the site's first page, all others are below `repository/`.
    """

    def __init__(self, root: Path):
        self.root, self.docs = root, root / "docs"
        self.outside: dict[str, Path] = {}

    def read(self) -> None:
        """Follow the links of all pages."""
        self.outside.clear()
        self.outside["index.md"] = self.root / "README.md"
        waiting = [self.root / "README.md", *self.docs.rglob("*.md")]
        while waiting:
            page = waiting.pop()
            for target in links(page.read_text(encoding="utf-8")):
                path = self._file(page, target)
                if path is not None and not path.is_relative_to(self.docs) and self._place(path) not in self.outside:
                    self.outside[self._place(path)] = path
                    if path.suffix == ".md":
                        waiting.append(path)

    def with_links_of_the_site(self, text: str, place: str) -> str:
        """A page's text, its links those of the site. Links that lead nowhere stay, for mkdocs to name."""
        page = self.outside.get(place, self.docs / place)
        if not page.is_file():
            return text

        def moved(match: re.Match[str]) -> str:
            path = self._file(page, match[2])
            if path is None:
                return match[0]
            to = os.path.relpath(self._place(path), os.path.dirname(place) or ".")
            return match[1] + to + "".join(match[2].partition("#")[1:]) + match[3]

        parts = CODE.split(text)
        return "".join(part if CODE.fullmatch(part) else LINK.sub(moved, part) for part in parts)

    def _file(self, page: Path, target: str) -> Path | None:
        """The file that a link of a page means; None: no file, or one of the internet."""
        name = target.partition("#")[0]
        if not name or re.match(r"[a-z]+:", target):
            return None
        path = Path(os.path.normpath(page.parent / name))
        if path.is_dir():
            path /= "README.md"
        return path if path.is_file() else None

    def _place(self, path: Path) -> str:
        if path.is_relative_to(self.docs):
            return path.relative_to(self.docs).as_posix()
        if path == self.root / "README.md":
            return "index.md"
        return f"repository/{path.relative_to(self.root).as_posix().removeprefix('.')}"


def links(text: str) -> list[str]:
    """Targets of the links of a page."""
    return [target for part in CODE.split(text) if not CODE.fullmatch(part) for _, target, _ in LINK.findall(part)]
