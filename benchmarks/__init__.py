"""asv benchmarks (bench_*.py), and scripts whose results the documentation quotes."""
