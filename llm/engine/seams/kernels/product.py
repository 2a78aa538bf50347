"""The product of two tiles, the same on a GPU and under the interpreter."""

import triton
import triton.language as tl

LEAST_EDGE = 16  # what a matrix instruction takes; smaller tiles are padded

# The interpreter (up to Triton 3.9) takes bfloat16 for the integers of its bit patterns in products and in
# conversions from integers. Products of bfloat16 are exact in float32, so widening gives what a GPU computes.
_INTERPRETED = tl.constexpr(bool(triton.knobs.runtime.interpret))


@triton.jit
def product(left, right, total):
    """Return `left @ right + total` in float32; a right tile of eight bits takes the left one's type."""
    if _INTERPRETED:
        left = left.to(tl.float32)
        right = right.to(tl.float32)
    else:
        right = right.to(left.dtype)
    return tl.dot(left, right, total, input_precision="ieee")
