"""The generator that the settings choose; a neural one is loaded with its first question."""

from collections.abc import Callable, Sequence
from threading import Lock

import structlog

from core.errors import DeadlineExceededError, EngineClosedError, ModelUnavailableError
from core.settings import LlmSettings
from core.values.answers import Inquiry, Passage
from llm.generator import Draft, Generator

log = structlog.get_logger()


def open_generator(settings: LlmSettings, extractive: Generator) -> Generator:
    """Return the generator that the settings choose; nothing is loaded yet.

    Where a neural one fails before its first sentence, `extractive` speaks.
    """
    if settings.generator == "extractive":
        return extractive

    def load() -> Generator:
        # The neural library takes seconds to import; only a question is worth them.
        from llm.chat.backends import open_neural

        return open_neural(settings)

    return FallbackGenerator(DeferredGenerator(settings.generator, load), extractive)


class DeferredGenerator:
    """A generator that is loaded with the first question, once; what fails to load is tried again."""

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
        """Load the generator. Raises: ModelError if that cannot be."""
        self._open().warm_up()

    def close(self) -> None:
        """Close what was loaded; nothing is loaded from now on."""
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


class FallbackGenerator:
    """Drafts with a second generator where the first fails before its first sentence.

    Only a failure at work is made good like that. A model that cannot be loaded is an error that
    somebody must hear of, and a busy one is better asked again.
    """

    def __init__(self, first: Generator, second: Generator) -> None:
        self.name = first.name
        self._first = first
        self._second = second

    def draft(self, inquiry: Inquiry, passages: Sequence[Passage]) -> Draft:
        """Yield the first generator's sentences, or the second's.

        Raises: ModelError if the first cannot be loaded, is busy, or fails after it began to speak.
        """
        spoke = False
        try:
            for sentence in self._first.draft(inquiry, passages):
                spoke = spoke or sentence is not None
                yield sentence
        except (ModelUnavailableError, DeadlineExceededError) as error:
            if spoke:
                raise
            log.warning(
                "generator.fallback", generator=self.name, instead=self._second.name, error=str(error)
            )
            yield from self._second.draft(inquiry, passages)

    def warm_up(self) -> None:
        """Load both. Raises: ModelError if one cannot be loaded."""
        self._first.warm_up()
        self._second.warm_up()

    def close(self) -> None:
        """Close both."""
        self._first.close()
        self._second.close()
