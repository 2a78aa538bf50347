"""How much of a file parsing keeps, and how fast: `python -m benchmarks.parsing`."""
