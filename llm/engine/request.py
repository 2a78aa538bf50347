"""Requests to the engine and their answers, as frozen values."""

import math
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from core.errors import RequestInvalidError

MAX_STOP_STRINGS = 16
MAX_TOP_LOGPROBS = 20


class Priority(IntEnum):
    """The order of requests; the smaller number goes first."""

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
    """How tokens are chosen. Equal seeds on equal prompts give equal tokens, in any batch."""

    max_tokens: int = 512  # of the answer
    temperature: float = 0.0  # 0..2; 0 is greedy
    top_k: int = 0  # likeliest tokens to draw from; 0 is off
    top_p: float = 1.0  # share of probability to draw from; 1 is off
    min_p: float = 0.0  # least probability beside that of the likeliest token; 0 is off
    repetition_penalty: float = 1.0  # weakens tokens of prompt and answer; 1 is off
    presence_penalty: float = 0.0  # subtracted from the logit of each token that occurs in the answer
    frequency_penalty: float = 0.0  # the same, times the number of its occurrences
    seed: int = 0
    stop: tuple[str, ...] = ()  # strings before which the text ends
    stop_tokens: frozenset[int] = frozenset()  # tokens that end the answer and are not part of its text
    logprobs: int | None = None  # alternatives reported with each token; None reports no log-probabilities

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
        """Whether the likeliest token is always chosen."""
        return self.temperature == 0

    @property
    def penalized(self) -> bool:
        """Whether tokens that have occurred become less likely."""
        return self.repetition_penalty != 1 or self.presence_penalty != 0 or self.frequency_penalty != 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """One prompt to continue."""

    prompt: tuple[int, ...]  # token ids, at least one
    sampling: Sampling = field(default_factory=Sampling)
    guide: Guide | None = None  # the grammar of the output, if it has one
    adapter: str = ""  # a loaded adapter's name; empty for the model alone
    salt: str = ""  # prefixes are shared only between requests of equal salt and adapter
    priority: Priority = Priority.INTERACTIVE
    deadline: float | None = None  # a reading of the engine's clock; None for no limit

    def __post_init__(self) -> None:
        _require(len(self.prompt) > 0, "the prompt is empty")


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """A token's natural log-probability under the model, before temperature and filters."""

    token: int
    logprob: float
    top: tuple[tuple[int, float], ...] = ()  # the likeliest tokens and their log-probabilities


@dataclass(frozen=True, slots=True)
class Delta:
    """The part of an answer that one or more steps added. Text may lag behind the tokens."""

    text: str = ""
    tokens: tuple[int, ...] = ()
    logprobs: tuple[TokenLogprob, ...] = ()

    def __add__(self, other: "Delta") -> "Delta":
        return Delta(self.text + other.text, self.tokens + other.tokens, self.logprobs + other.logprobs)


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens of one request."""

    prompt_tokens: int = 0
    cached_tokens: int = 0  # of the prompt's, those that an earlier request had computed
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of a request."""

    reason: FinishReason
    usage: Usage = field(default_factory=Usage)
    message: str = ""  # what went wrong, if the reason is an error


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise RequestInvalidError(message)
