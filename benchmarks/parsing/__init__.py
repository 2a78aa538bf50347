"""Quality and speed of parsing: `python -m benchmarks.parsing`."""
