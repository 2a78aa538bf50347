"""Generated manuals of things that are like each other, to find answers about a neighbour.

`python -m benchmarks.answers.neighbours` asks about them. Read `manuals.py`, then `layouts.py`.
"""
