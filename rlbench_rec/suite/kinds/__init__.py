"""Kinds of suites. A kind says which jobs there are, how one is done, and which tables come out; the rest is shared."""

from .kind import Kind, kind_of

__all__ = ["Kind", "kind_of"]
