"""Raw files into the cache folder: downloaded with a checksum where that is allowed, else said where to get them."""

from .fetch import Got, get
from .progress import DownloadProgress, ProgressCallback

__all__ = ["DownloadProgress", "Got", "ProgressCallback", "get"]
