"""`python -m benchmarks.answers`."""

from benchmarks.answers.report import main

main()
