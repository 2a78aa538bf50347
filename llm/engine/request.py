"""What a caller asks of the engine, and what comes back: frozen values."""

import math
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from core.errors import RequestInvalidError

MAX_STOP_STRINGS = 16
MAX_TOP_LOGPROBS = 20


class Priority(IntEnum):
    """Who goes first; a smaller number does."""

    INTERACTIVE = 0
    BACKGROUND = 1


class FinishReason(StrEnum):
    """How a request ended; each ends exactly once."""

    STOP = "stop"
    LENGTH = "length"
    CANCELLED = "cancelled"
    DEADLINE = "deadline"
    ERROR = "error"


class GuideKind(StrEnum):
    """The languages in which a grammar for the output can be written."""

    JSON_SCHEMA = "json_schema"
    REGEX = "regex"
    LARK = "lark"


@dataclass(frozen=True, slots=True)
class Guide:
    """A grammar that the output must follow."""

    kind: GuideKind
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How tokens are chosen. Temperature 0 is greedy; `top_k` 0, `top_p` 1 and `min_p` 0 are off.

    Equal seeds on equal prompts give equal tokens, whatever else runs in the batch. `logprobs` is
    the number of alternatives reported with each token, None for no log-probabilities at all.
    """

    max_tokens: int = 512
    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    seed: int = 0
    stop: tuple[str, ...] = ()
    stop_tokens: frozenset[int] = frozenset()
    logprobs: int | None = None

    def __post_init__(self) -> None:
        numbers = (
            self.temperature,
            self.top_p,
            self.min_p,
            self.repetition_penalty,
            self.presence_penalty,
            self.frequency_penalty,
        )
        _require(all(math.isfinite(number) for number in numbers), "sampling numbers must be finite")
        _require(self.max_tokens >= 1, "max_tokens must be at least 1")
        _require(0 <= self.temperature <= 2, "temperature must lie in 0..2")
        _require(0 < self.top_p <= 1 and 0 <= self.min_p <= 1, "top_p and min_p must lie in 0..1")
        _require(self.top_k >= 0, "top_k must not be negative")
        _require(self.repetition_penalty > 0, "repetition_penalty must be above 0")
        _require(len(self.stop) <= MAX_STOP_STRINGS and all(self.stop), "too many or empty stop strings")
        _require(self.logprobs is None or 0 <= self.logprobs <= MAX_TOP_LOGPROBS, "logprobs out of range")

    @property
    def greedy(self) -> bool:
        """Whether the likeliest token is always taken."""
        return self.temperature == 0

    @property
    def penalized(self) -> bool:
        """Whether tokens that occurred already are made less likely."""
        return self.repetition_penalty != 1 or self.presence_penalty != 0 or self.frequency_penalty != 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """One prompt to continue.

    `salt` names who may share this prompt's pages: prefixes are shared only between requests of
    equal salt and adapter. `deadline` is a reading of the engine's clock, None for no limit.
    """

    prompt: tuple[int, ...]
    sampling: Sampling = field(default_factory=Sampling)
    guide: Guide | None = None
    adapter: str = ""
    salt: str = ""
    priority: Priority = Priority.INTERACTIVE
    deadline: float | None = None

    def __post_init__(self) -> None:
        _require(len(self.prompt) > 0, "the prompt is empty")


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """A token's natural log-probability under the model, before temperature and filters."""

    token: int
    logprob: float
    top: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Delta:
    """What one step, or several, added to an answer. Text may lag behind the tokens."""

    text: str = ""
    tokens: tuple[int, ...] = ()
    logprobs: tuple[TokenLogprob, ...] = ()

    def __add__(self, other: "Delta") -> "Delta":
        return Delta(self.text + other.text, self.tokens + other.tokens, self.logprobs + other.logprobs)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request; `cached_tokens` of the prompt were found computed already."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of a request. `message` says what went wrong where the reason is an error."""

    reason: FinishReason
    usage: Usage = field(default_factory=Usage)
    message: str = ""


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise RequestInvalidError(message)
