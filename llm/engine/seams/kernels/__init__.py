"""Triton kernels behind the engine's seams, each equal to a reference in plain torch.

Takes and gives the tensors of `llm/engine/seams/ops.py` and `llm/engine/seams/experts.py`. Never decides
whether kernels are used. Read `triton_ops.py` first, then `paged_decode.py`.
"""
