"""A source and a sentence to the probability that one says the other.

Takes two texts; gives probabilities. Never decides what is said. Read `entailment.py` first.
"""
