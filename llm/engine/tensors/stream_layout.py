"""The size of one token's entry in a stream of pages; this module needs no torch."""

from dataclasses import dataclass

LATENT_GROUP = 64  # latents that share one scale: eight scales on DeepSeek's 512 latents


@dataclass(frozen=True, slots=True)
class StreamLayout:
    """One token's entry in a stream: `heads` rows of `width` numbers."""

    heads: int
    width: int
    group: int  # numbers that share one INT8 scale; 0 keeps the stream always in the model's dtype

    def bytes_per_token(self, element_bytes: int, kv_dtype: str) -> int:
        """Return the memory of one token, with its float32 scales."""
        numbers = self.heads * self.width
        if kv_dtype == "int8" and self.group:
            return numbers + 4 * numbers // self.group
        return numbers * element_bytes
