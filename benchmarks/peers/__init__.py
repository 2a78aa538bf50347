"""Other systems behind one small protocol, each run in the Python in which it is installed.

Takes folders, chunks and questions; gives counts, names and times. Never imports this project's
packages. Read `protocol.py` first.
"""
