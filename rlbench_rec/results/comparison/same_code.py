"""Are two sides of one commit on one machine? Then the same settings give the same bytes."""

from __future__ import annotations

from typing import Any

from .sides import Side

MACHINE = ("cpu", "kernels", "processor", "gpu")
"""What of a machine decides how numbers round."""


def one_code_and_machine(old: Side, new: Side) -> bool:
    """Whether both manifests name the same code, libraries, processor, kernels, device and plugins. Without a manifest
    nothing is known, so no."""
    before, after = _circumstances(old.manifest), _circumstances(new.manifest)
    return before is not None and before == after


def _circumstances(manifest: dict[str, Any]) -> list[object] | None:
    try:
        code, machine = manifest["code"]["package"], manifest["machine"]
        if not code["commit"] and not code["files"]:
            return None
        of_machine = [machine[name] for name in MACHINE]
        return [code, of_machine, manifest["versions"], manifest["python"], manifest["device"], manifest["plugins"]]
    except (KeyError, TypeError):
        return None
