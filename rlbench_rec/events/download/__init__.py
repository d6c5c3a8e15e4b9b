"""Raw files into the cache folder: downloaded with a checksum where that is allowed, else said where to get them."""

from .fetch import Got, get

__all__ = ["Got", "get"]
