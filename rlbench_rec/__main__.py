"""`python -m rlbench_rec` is the `rlbench` command."""

from .cli.app import main

if __name__ == "__main__":
    main()
