"""An answer as one growing text, with its marks `[1]` and in the end its sources."""

from dataclasses import dataclass

from api.answer_text import ATTRIBUTED, tail_text
from core.text.language import cjk_share
from core.values.answers import Answer
from core.values.forms import BlockForm
from retrieval.composed import marker, spoken
from retrieval.writing.events import Said


@dataclass(frozen=True, slots=True)
class CitationMark:
    """A mark `[1]` in a text."""

    start: int
    """Half-open offsets in the text, as `end`."""
    end: int
    citation: int
    """The 0-based position of the citation in the answer's."""


class AnswerWriter:
    """Writes an answer sentence by sentence, as Markdown."""

    def __init__(self) -> None:
        self.text = ""
        """What was written so far."""
        self.marks: list[CitationMark] = []
        """Where its marks stand."""
        self._block = -1
        self._items = 0

    def say(self, said: Said) -> str:
        """Write a sentence, and return what was added to the text."""
        before = len(self.text)
        self.text += self._front(said) + said.sentence.text
        for place, citation in enumerate(said.sentence.citations):
            self.text += "" if place else " "
            start = len(self.text)
            self.text += f"[{citation + 1}]"
            self.marks.append(CitationMark(start, len(self.text), citation))
        self.text += ATTRIBUTED * said.sentence.attributed
        return self.text[before:]

    def end(self, answer: Answer) -> str:
        """Write what belongs to the whole answer: a refusal's reason, notices, sources; return it."""
        before = len(self.text)
        tail = tail_text(answer)
        self.text += f"\n\n{tail}" if self.text else tail
        return self.text[before:]

    def _front(self, said: Said) -> str:
        """Return what stands between the text so far and a sentence."""
        shape, text = said.shape, said.sentence.text
        verdict = f"{spoken(shape.verdict, text)}\n" if shape.verdict else ""
        if shape.block != self._block:
            self._block, self._items = shape.block, 0
            joint = "\n\n" if self.text else ""
        else:
            joint = (
                "\n" if shape.is_item or shape.form is BlockForm.ROW else "" if cjk_share(text) > 0.5 else " "
            )
        if not shape.is_item:
            return verdict + joint
        self._items += not shape.depth
        counted = self._items if shape.form is BlockForm.STEPS and not shape.depth else 0
        return f"{verdict}{joint}{'  ' * shape.depth}{marker(text, counted)}"
