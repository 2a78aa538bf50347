"""Yes, no, or that it depends: what a sentence decides of a question.

Takes a question and a candidate; gives a decision, or none where it is not certain. Never chooses what is
said. Read `deciding.py` first.
"""
