"""One look at all that a source holds: what it lists, how each document ends, what is reported.

Takes a listing; gives jobs, outcomes and a report. Only one run a source at a time. Read `run.py` first.
"""
