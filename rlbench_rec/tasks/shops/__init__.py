"""The shops: one task per file, with its config, its simulator and its docstring of equations."""
