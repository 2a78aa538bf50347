"""Speed of ingestion: `python -m benchmarks.ingestion`."""
