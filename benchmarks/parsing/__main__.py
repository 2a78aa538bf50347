"""`python -m benchmarks.parsing`."""

from benchmarks.parsing.report import main

main()
