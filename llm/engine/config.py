"""The engine's settings."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from core.settings import Group


class EngineSettings(Group):
    """How much the engine holds and does at once."""

    page_tokens: int = Field(32, ge=1, le=256, description="tokens in one KV page")
    memory_bytes: int = Field(2 * 2**30, ge=0, description="memory for KV pages")
    pages: int = Field(0, ge=0, description="number of KV pages; 0 takes what the memory holds")
    kv_dtype: Literal["model", "int8"] = "model"
    weights: Literal["model", "int8", "fp8"] = Field("model", description="as stored, or in eight bits")
    max_step_tokens: int = Field(1024, ge=1, description="tokens computed in one step")
    max_sequences: int = Field(64, ge=1, description="requests generating at once")
    max_waiting: int = Field(256, ge=0, description="requests that may wait; more are refused")
    max_context_tokens: int = Field(0, ge=0, description="prompt and answer; 0 takes the model's limit")
    share_prefixes: bool = True
    adapters: dict[str, Path] = Field(default_factory=dict, description="LoRA adapters by name")
    background_delay_seconds: float = Field(
        60.0, ge=0, description="how much later a background request counts as having arrived"
    )

    @model_validator(mode="after")
    def _room_for_every_sequence(self) -> Self:
        if self.max_step_tokens < self.max_sequences:
            raise ValueError("max_step_tokens must not be below max_sequences: each decodes one a step")
        return self
