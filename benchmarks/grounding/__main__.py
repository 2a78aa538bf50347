"""`python -m benchmarks.grounding`."""

from benchmarks.grounding.report import main

main()
