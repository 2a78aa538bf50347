"""The schedule of work: the worker, the nightly run, and folders that are watched.

Takes the time and changes on disk; gives calls of the same ingestion. Read `worker.py` first.
"""
