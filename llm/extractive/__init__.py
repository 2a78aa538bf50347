"""Answers that consist of sentences from the documents.

Takes a question and passages; gives drafted sentences with their support. Never writes own words. Read
`generator.py` first.
"""
