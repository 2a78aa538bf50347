"""What one token leaves in a stream of pages, as numbers: known without the neural library."""

from dataclasses import dataclass

LATENT_GROUP = 64  # latents that share one scale: eight scales on DeepSeek's 512 latents


@dataclass(frozen=True, slots=True)
class StreamLayout:
    """One token's entry in a stream: `heads` rows of `width` numbers.

    `group` numbers share one INT8 scale; 0 keeps the stream in the model's dtype always.
    """

    heads: int
    width: int
    group: int

    def bytes_per_token(self, element_bytes: int, kv_dtype: str) -> int:
        """Memory of one token, with its float32 scales."""
        numbers = self.heads * self.width
        if kv_dtype == "int8" and self.group:
            return numbers + 4 * numbers // self.group
        return numbers * element_bytes
