"""Use cases of the person who runs the system.

Takes an administrator's request; gives a report. Never serves an end user. Read `checks/check.py` first.
"""
