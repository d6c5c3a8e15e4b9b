"""The shops: a task a file, with its config, its simulator and its docstring of equations."""
