"""Models to choose from: what is known of them, how they are fetched and checked.

Takes names and folders; gives facts and figures. Never downloads unasked. Read `catalogue.py` first.
"""
