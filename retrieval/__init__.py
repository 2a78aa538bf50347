"""Search and cited answers for a question under a scope.

Owns the indexes and their followers, fusion, the citation check and evaluation. Never writes or parses a
document. Read `answer.py` first.
"""
