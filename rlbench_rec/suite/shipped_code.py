"""Code of plugins for nodes that do not have it: sources that travel with a worker's set-up, and are imported.

What a node finds by itself comes first, and is refused where it is other code.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from ..errors import InputError
from ..plugins import module_files, module_identity
from .stamp import PARTS

INSTALLED = tuple(os.path.abspath(prefix) + os.sep for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix})
"""Where libraries are: each node has its own."""


@dataclass(frozen=True)
class Source:
    """A module as text."""

    text: str
    is_package: bool


@dataclass(frozen=True)
class PluginCode:
    """What plugins of a run are made of.

    Attributes:
        identities: plugin -> what identifies its code.
        sources: module -> its source, of the top-level packages of plugins that are not installed.
    """

    identities: Mapping[str, str]
    sources: Mapping[str, Source]

    @classmethod
    def of(cls, plugins: Iterable[str]) -> PluginCode:
        """Of modules that can be imported here; what cannot is left for the node to refuse."""
        identities: dict[str, str] = {}
        sources: dict[str, Source] = {}
        for plugin in plugins:
            top = plugin.partition(".")[0]
            if top.isidentifier():
                identities[plugin] = module_identity(plugin)
                sources |= _sources(top)
        return cls(identities, sources)

    def use(self, node: str) -> None:
        """Make the modules importable here.

        Args:
            node: what this machine is called.

        Raises:
            InputError: this machine has one of them, and it is other code.
        """
        for plugin, identity in self.identities.items():
            if importlib.util.find_spec(plugin.partition(".")[0]) is not None and module_identity(plugin) != identity:
                what = f"It has {PARTS['plugins']} than this machine ({plugin})."
                raise InputError(what, where=node, hint="Install the same on every node, or none.")
        sys.meta_path.append(SourceFinder(self.sources))


def _sources(top: str) -> dict[str, Source]:
    """Module -> its source, of a top-level package or module; none where it is installed."""
    sources: dict[str, Source] = {}
    for folder, file in module_files(top):
        if str(file.absolute()).startswith(INSTALLED):
            return {}
        names = file.relative_to(folder).with_suffix("").parts
        # Of a package the folder is its own; a module that is one file lies in its folder beside others.
        package = file.name == "__init__.py"
        names = (top, *names) if _is_package(top) else names
        name = ".".join(names[:-1] if package else names)
        sources[name] = Source(importlib.util.decode_source(file.read_bytes()), package)
    # Folders without __init__.py are packages too.
    for name in [*sources]:
        while name := name.rpartition(".")[0]:
            sources.setdefault(name, Source("", True))
    return sources


def _is_package(top: str) -> bool:
    spec = importlib.util.find_spec(top)
    return spec is not None and spec.submodule_search_locations is not None


class SourceFinder(MetaPathFinder, InspectLoader):
    """Imports modules from their sources, without files.

    Args:
        sources: module -> source.
    """

    def __init__(self, sources: Mapping[str, Source]):
        self.sources = sources

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self.sources:
            return None
        return ModuleSpec(fullname, self, is_package=self.is_package(fullname))

    def get_source(self, fullname: str) -> str:
        return self.sources[fullname].text

    def is_package(self, fullname: str) -> bool:
        return self.sources[fullname].is_package
