"""Followers: indexes that apply the change log in order and survive every crash.

Takes the log; gives indexes to search, and the model in force. Never writes a document. Read `follower.py`
first.
"""
