"""What a sentence says: its words, quantities, and what is negated, obliged or made to depend on a condition.

Takes texts in English and Chinese; gives readings, and the alignment of two of them. Never judges. Read
`reading.py` first.
"""
