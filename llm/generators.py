"""The generator that the settings choose; a neural one is loaded with the first question."""

from collections.abc import Callable, Sequence
from threading import Lock

from core.errors import EngineClosedError
from core.settings import LlmSettings
from core.values.answers import Inquiry, Passage
from llm.generator import Draft, Generator


def open_generator(settings: LlmSettings, extractive: Generator) -> Generator:
    """Return the generator that the settings choose, before it loads a model."""
    if settings.generator == "extractive":
        return extractive

    def load() -> Generator:
        # The neural library takes seconds to import; only a question is worth them.
        from llm.chat.backends import open_neural

        return open_neural(settings)

    return DeferredGenerator(settings.generator, load)


class DeferredGenerator:
    """A generator that is loaded with the first question; after a failure, the next question tries again."""

    def __init__(self, name: str, load: Callable[[], Generator]) -> None:
        self.name = name
        self._load = load
        self._loaded: Generator | None = None
        self._closed = False
        self._lock = Lock()

    def draft(self, inquiry: Inquiry, passages: Sequence[Passage]) -> Draft:
        """Yield the loaded generator's draft. Raises: ModelError if it cannot be loaded."""
        yield from self._open().draft(inquiry, passages)

    def warm_up(self) -> None:
        """Load the generator. Raises: ModelError if it cannot be loaded."""
        self._open().warm_up()

    def close(self) -> None:
        """Close the loaded generator; later drafts raise EngineClosedError."""
        with self._lock:
            self._closed = True
            if self._loaded is not None:
                self._loaded.close()

    def _open(self) -> Generator:
        with self._lock:
            if self._closed:
                raise EngineClosedError()
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded
