"""How good searches and answers are, and what comes into force because of it.

Takes judged questions; gives measures, intervals and verdicts. Never changes what is found. Read
`evaluation.py` and `promotion.py` first.
"""
