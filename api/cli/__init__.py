"""The command line: one file for each group of commands.

Takes arguments; gives exit codes, and text or JSON on standard output. Decides nothing: it translates
arguments into a use case and prints its result. Read `main.py` first.
"""
