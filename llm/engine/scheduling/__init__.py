"""Which tokens are computed next, and who holds which page.

Takes requests; gives the plan of a step. Never touches a tensor. Read `scheduler.py` first.
"""
