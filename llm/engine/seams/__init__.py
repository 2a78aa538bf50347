"""What an unchanged model calls: attention over pages and products of experts.

Takes tensors; gives tensors, from plain torch or from kernels. Never knows a request. Read `ops.py`
first.
"""
