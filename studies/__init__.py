"""Scripts whose results the documentation quotes; their tables are in results/studies/."""
