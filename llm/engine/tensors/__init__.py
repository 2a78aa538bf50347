"""Plans and pages as tensors on a device.

Takes plans; gives batches, and the pages of keys and values. Never decides which tokens are computed.
Read `batch.py` first.
"""
