"""The small frozen values that pass between stages, by subject.

Takes and gives plain data. A value never holds a session, a file or a model. Read `documents.py` and
`answers.py` first.
"""
