"""Files as they lie on disk: packed or plain, cut into physical lines."""
