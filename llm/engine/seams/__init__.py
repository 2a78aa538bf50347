"""The replaceable parts of an unchanged model: attention over pages and the experts' products.

Takes tensors; gives tensors, from plain torch or from kernels. Never sees a request. Read `ops.py`
first.
"""
