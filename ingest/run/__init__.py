"""One run over a source: its listing, the outcome of each document, and the report.

Takes a listing; gives jobs, outcomes and a report. Only one run over a source at a time. Read `run.py` first.
"""
