"""What this machine has."""

from __future__ import annotations

import os
import platform
import sys


def usable_cores() -> int:
    """Cores this process may use, which on a shared machine are fewer than it has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_gb() -> float | None:
    """Memory in GiB; None where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (ValueError, OSError, AttributeError):
        return None


def peak_memory_mb() -> float | None:
    """Peak resident memory of this process, in MiB; None where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    # Linux counts in KiB, macOS in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def processor_name() -> str | None:
    """What the processor calls itself; None where the system does not tell."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as stream:
            names = [line.partition(":")[2].strip() for line in stream if line.startswith("model name")]
    except OSError:
        names = []
    return next(iter(names), platform.processor() or None)


def kernels() -> dict[str, str]:
    """Library -> which of its kernels it takes on this processor: with others, sums round otherwise."""
    from threadpoolctl import threadpool_info

    libraries = [info for info in threadpool_info() if info.get("user_api") == "blas"]
    found = {str(info["internal_api"]): str(info.get("architecture") or "unknown") for info in libraries}
    torch = sys.modules.get("torch")
    return found | ({"torch": str(torch.backends.cpu.get_cpu_capability())} if torch else {})
