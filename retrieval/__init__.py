"""From a question and a scope to hits and cited answers.

Owns the indexes and their followers, fusion, the citation check and evaluation. Never writes a
document and never parses one. Read `answer.py` first.
"""
