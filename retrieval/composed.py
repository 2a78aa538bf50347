"""The form of an answer, put together from the sentences that passed the citation check."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.text.language import cjk_share
from core.values.answers import AnswerSentence, Citation
from core.values.forms import AnswerBlock, AnswerItem, BlockForm, Shape

_VERDICTS = {
    "yes": ("Yes.", "是。"),
    "no": ("No.", "否。"),
    "depends": ("That depends.", "视情况而定。"),
}
_NUMBER = re.compile(r"\(?\d{1,3}[.)、]|step \d|步骤\s*\d|[①-⑳]", re.IGNORECASE)
MORE = "{} more of this list: “{}”{}."
MORE_CJK = "此列表另有 {} 项：“{}”{}。"


@dataclass(frozen=True, slots=True)
class Shaped:
    """A sentence of an answer and its place in the form."""

    sentence: AnswerSentence
    shape: Shape


def blocks_of(
    said: Sequence[Shaped], citations: Sequence[Citation], lost: Sequence[int]
) -> tuple[AnswerBlock, ...]:
    """Return the blocks of an answer, in order.

    `lost` names, for each item that was not said because it failed the check, the number of its block: it
    counts among those that follow.
    """
    numbers = list(dict.fromkeys(one.shape.block for one in said))
    return tuple(_block(said, number, citations, lost.count(number)) for number in numbers)


def text_of(blocks: Sequence[AnswerBlock], sentences: Sequence[AnswerSentence], verdict: str) -> str:
    """Return an answer as Markdown: a line for each sentence, item and row, the verdict in front."""
    lines = [line for block in blocks for line in _lines(block, sentences)]
    return "\n".join([*([spoken(verdict, " ".join(lines))] if verdict else []), *lines])


def spoken(verdict: str, text: str) -> str:
    """Return `yes`, `no` or `depends` as a sentence in the language of the text behind it."""
    return _VERDICTS[verdict][cjk_share(text) > 0.5]


def _block(said: Sequence[Shaped], number: int, citations: Sequence[Citation], lost: int) -> AnswerBlock:
    places = [place for place, one in enumerate(said) if one.shape.block == number]
    leads = [said[place].sentence for place in places if not said[place].shape.is_item]
    entries = [said[place] for place in places if said[place].shape.is_item]
    text = joined([one.text for one in leads])
    more = lost + sum(said[place].shape.more for place in places)
    last = citations[said[places[-1]].sentence.citations[-1]]
    return AnswerBlock(
        kind=said[places[0]].shape.form,
        text=text,
        items=tuple(
            AnswerItem(one.sentence.text, one.sentence.citations, one.shape.depth) for one in entries
        ),
        citations=tuple(dict.fromkeys(cited for one in leads for cited in one.citations)),
        sentences=tuple(places),
        more=_more(more, last) if more else "",
    )


def joined(sentences: Sequence[str]) -> str:
    """Return sentences as one paragraph; Chinese ones without spaces between them."""
    text = "".join(sentences)
    return ("" if cjk_share(text) > 0.5 else " ").join(sentences)


def _more(count: int, last: Citation) -> str:
    is_cjk = cjk_share(last.quote) > 0.5
    place = f" > {last.section}" if last.section else ""
    place += f", {'第 ' if is_cjk else 'page '}{last.page}{' 页' if is_cjk else ''}" if last.page else ""
    return (MORE_CJK if is_cjk else MORE).format(count, last.title, place)


def _lines(block: AnswerBlock, sentences: Sequence[AnswerSentence]) -> list[str]:
    lines = [sentences[place].text for place in block.leads]
    for mark, item in zip(markers(block), block.items, strict=True):
        lines.append(f"{'  ' * item.depth}{mark}{item.text}")
    return [*lines, *([block.more] if block.more else [])]


def markers(block: AnswerBlock) -> list[str]:
    """Return what is printed in front of each item: nothing where its document numbers it."""
    marks, count = list[str](), 0
    for item in block.items:
        count += not item.depth
        counted = block.kind is BlockForm.STEPS and not item.depth
        marks.append(marker(item.text, count if counted else 0))
    return marks


def marker(text: str, number: int) -> str:
    """Return what is printed in front of an item: its number if it has one here, 0 is none."""
    return "" if is_numbered(text) else f"{number}. " if number else "- "


def is_numbered(text: str) -> bool:
    """Return whether an item's text begins with its number."""
    return bool(_NUMBER.match(text))
