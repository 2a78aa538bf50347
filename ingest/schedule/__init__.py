"""When work is done: the worker, the nightly run, folders that are watched.

Takes the time and changes on disk; gives calls of the same ingestion. Read `worker.py` first.
"""
