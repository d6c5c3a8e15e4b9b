"""How a file is written, from its bytes alone."""
