"""asv benchmarks: bench_*.py. What to run is in suites/; scripts that docs quote are in studies/."""
