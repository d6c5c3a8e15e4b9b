# The steps of CONTRIBUTING.md, in the environment that is active. `just` alone lists them.

export OMP_NUM_THREADS := "1"
export MPLBACKEND := "Agg"

_list:
    @just --list --unsorted

# A virtual environment with everything that the tests need, in .venv.
setup:
    python3 -m venv .venv
    .venv/bin/pip install -e ".[test]"

# The tests, or those that are named: just test tests/ope -n 0
test *arguments:
    pytest {{ arguments }}

# Style and spelling.
lint:
    ruff check
    ruff format --check
    typos

# Write files in the style that `lint` asks for.
format:
    ruff check --fix
    ruff format

# Types of the package.
type:
    mypy

# Code blocks, links and tables of the documentation.
docs:
    pytest -n 0 tests/test_docs.py tests/test_docs_site.py tests/test_docs_types.py tests/ope/test_ope_docs.py tests/events/test_data_docs.py

# The documentation as a site, in .site: open .site/index.html. Needs the extra [docs].
site:
    mkdocs build -f docs/site/mkdocs.yml

# The quick suite (minutes), compared with the committed board by its intervals: processors may round differently.
quick:
    #!/usr/bin/env bash
    set -euo pipefail
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    rlbench run --out "$folder/quick"
    rlbench compare results/quick/leaderboard.csv "$folder/quick/leaderboard.csv"

# One quick pass of asv over times and ratios, saved under HEAD; memory is for a quiet machine.
asv bench="time_|track_":
    asv machine --yes
    asv check -E existing
    asv run --python=same --quick --bench '{{ bench }}' --set-commit-hash "$(git rev-parse HEAD)" --show-stderr

# Which lines the tests run: a report, on the terminal and in htmlcov/. Needs pytest-cov.
coverage *arguments:
    pytest --cov=rlbench_rec --cov-report=term:skip-covered --cov-report=html {{ arguments }}

# The tests that the lowest allowed versions of the dependencies must pass.
lowest:
    pytest -n 0 tests/test_face.py tests/statistics tests/tasks/test_task_contract.py tests/results tests/policies tests/mdp tests/evaluation tests/training
