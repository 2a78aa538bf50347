"""Uploads: each is accepted at once and read in its turn, also after a restart.

Takes files from users; gives jobs to follow. A request never waits for a file to be read. Read `queue.py`
first.
"""
