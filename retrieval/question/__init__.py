"""What a question means: completed from what was asked before, and boiled down if it is long.

Takes questions; gives questions. Never searches. Read `followup.py` first.
"""
