"""Triton kernels behind the engine's seams, each the twin of a reference in plain torch.

Takes and gives what `llm/engine/seams/ops.py` and `llm/engine/seams/experts.py` say; never decides whether it
is used. Read `triton_ops.py` first, then `paged_decode.py`.
"""
