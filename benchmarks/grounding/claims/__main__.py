"""`python -m benchmarks.grounding.claims`."""

from benchmarks.grounding.claims.measure import main

main()
