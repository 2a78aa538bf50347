"""How fast files become searchable: `python -m benchmarks.ingestion`."""
