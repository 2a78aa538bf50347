"""`python -m benchmarks.ingestion`."""

from benchmarks.ingestion.report import main

main()
