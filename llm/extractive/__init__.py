"""Answers made of sentences that stand in the documents.

Takes a question and passages; gives drafted sentences with their support. Never writes a word of its
own. Read `generator.py` first.
"""
