"""The generator that the settings choose; a neural one is loaded with the first question."""

from collections.abc import Callable, Sequence
from threading import Lock

from core.errors import DeadlineExceededError, EngineClosedError, ModelUnavailableError
from core.logs import noted
from core.settings import LlmSettings
from core.values.answers import Inquiry, Passage
from core.values.notices import BY_EXTRACTION, Notice
from llm.generator import Draft, Generator


def open_generator(settings: LlmSettings, extractive: Generator) -> Generator:
    """Return the generator that the settings choose, before it loads a model.

    If a neural one fails before its first sentence, `extractive` answers instead.
    """
    if settings.generator == "extractive":
        return extractive

    def load() -> Generator:
        # The neural library takes seconds to import; only a question is worth them.
        from llm.chat.backends import open_neural

        return open_neural(settings)

    return FallbackGenerator(DeferredGenerator(settings.generator, load), extractive)


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


class FallbackGenerator:
    """Drafts with a second generator, and a notice, if the first fails before its first sentence.

    Only a failure at work is replaced like that. A model that cannot be loaded is an error that an
    operator must see, and a question to a busy one is better repeated.
    """

    def __init__(self, first: Generator, second: Generator) -> None:
        self.name = first.name
        self._first = first
        self._second = second

    def draft(self, inquiry: Inquiry, passages: Sequence[Passage]) -> Draft:
        """Yield the first generator's sentences, or the second's.

        Raises: ModelError if the first cannot be loaded, is busy, or fails after its first sentence.
        """
        begun = False
        held: list[Notice] = []  # they would not be true of the second's answer
        try:
            for part in self._first.draft(inquiry, passages):
                if isinstance(part, Notice):
                    held.append(part)
                    continue
                begun = begun or part is not None
                yield part
            yield from held
        except (ModelUnavailableError, DeadlineExceededError) as error:
            if begun:
                raise
            yield noted(
                BY_EXTRACTION, "generator.fallback", error, generator=self.name, instead=self._second.name
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
