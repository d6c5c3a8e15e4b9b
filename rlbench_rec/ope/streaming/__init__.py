"""Logs larger than memory, or spread over machines."""

from .stream import Stream

__all__ = ["Stream"]
