"""Evaluation of searches and answers, and the decision of what comes into force.

Takes judged questions; gives measures, intervals and verdicts. Never changes a result. Read
`evaluation.py` and `promotion.py` first.
"""
