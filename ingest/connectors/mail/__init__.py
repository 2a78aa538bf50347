"""Mailboxes: IMAP servers and Maildir folders.

Takes a mailbox; gives messages. Never marks or moves one. Read `imap.py` first.
"""
