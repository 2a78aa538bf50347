"""The small frozen values that pass between stages, by subject.

Takes and gives plain data. No session, file or model lives in one. Read `documents.py` and
`answers.py` first.
"""
