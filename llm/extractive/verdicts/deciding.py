"""Yes or no: what a text decides of a question, where that is certain."""

import re
from collections.abc import Sequence

from core.reading.alignment import align
from core.reading.reading import read
from core.reading.stances import NEGATIVE
from core.reading.values import Stance
from core.text.language import cjk_share
from llm.extractive.verdicts.beside import Beside, Weigh
from llm.extractive.verdicts.circumstances import under_amounts, under_conditions, under_shares
from llm.extractive.verdicts.decision import UNDECIDED, Decision, Verdict
from llm.extractive.verdicts.phrases import with_plain_verbs
from llm.extractive.verdicts.polarity import stance_of
from llm.extractive.verdicts.questions import Asks, Whether

# The least share of the question that a sentence has which says no, and one that says yes; and the most that
# a single word may weigh which it lacks.
_SAYS_NO, _SAYS_YES = 0.6, 0.75
_LACKS_OF_NO, _LACKS = 0.3, 0.2
# The least share of the words in common that do not belong to a circumstance, and the least share of the
# question in a sentence that says yes, without its headings.
_MAIN, _ALONE = 0.4, 0.5
# The least share of the question in a heading that asks the same.
_HEADED = 0.6
_POSITIVE: dict[Asks, tuple[Stance, ...]] = {
    Asks.LEAVE: (Stance.MAY, Stance.CAN, Stance.MUST, Stance.OUGHT, Stance.SHOULD, Stance.PLAIN),
    Asks.DUTY: (Stance.MUST, Stance.OUGHT, Stance.SHOULD),
    Asks.FACT: (Stance.PLAIN, Stance.CAN),
}
_DEPENDS = re.compile(r"\bdepend(?:s|ing)? on\b|\bwhether .{3,40} depends\b|取决于|视.{1,20}而定")
# An instruction begins a clause: "repeat the proof".
_BEGINS_CLAUSE = re.compile(r"(?:^|[.,:;，。；：\n]|\d[.)]|then)\s*(?:please |请|先|再)?$")
# "Yes, …" and "No, …", below a heading that asks the same.
_BEGINS = re.compile(
    r"\W*(?:(?P<yes>yes|是的|可以|支持|能|会|需要)"
    r"|(?P<no>no|不是|不可以|不支持|不能|不会|不需要|无法|没有))[,.，。:：；;]",
    re.IGNORECASE,
)


def decided(asked: Whether, text: str, headings: Sequence[str], weigh: Weigh) -> Decision:
    """Return what a text below its headings, the outermost first, decides of a question.

    It is decided by the sentence that has most of the question's words.
    """
    if cjk_share(asked.statement.text) and not cjk_share(text):
        return UNDECIDED  # the verb of the one is no word of the other
    begun = _BEGINS.match(text)
    if begun and headings and _asks_the_same(asked, headings[-1], weigh):
        return Decision(verdict=Verdict.YES if begun["yes"] else Verdict.NO, covered=1.0)
    said, above = read(with_plain_verbs(text)), read("\n".join(headings))
    alignment, story = align(asked.statement, said, above), align(asked.story, said, above)
    found = [
        Beside(asked=asked, alignment=alignment, story=story, number=number, weigh=weigh)
        for number in range(len(said.sentences))
    ]
    best = max(found, key=lambda one: one.covered, default=None)
    return Decision(verdict=_verdict(best), covered=best.covered) if best else UNDECIDED


def _asks_the_same(asked: Whether, heading: str, weigh: Weigh) -> bool:
    matched = {pair.claimed for pair in align(asked.statement, read(heading), read("")).pairs}
    total = sum(map(weigh, asked.words))
    return sum(weigh(word) for word in asked.words if word in matched) >= _HEADED * total > 0


def _verdict(one: Beside) -> Verdict:
    if not one.main or not one.names_all() or not one.speaks_of_it():
        return Verdict.NONE
    if one.share(pair.claimed for pair in one.main) < _MAIN * one.covered:
        return Verdict.NONE
    stance = stance_of(one)
    if (stance is None or stance in _POSITIVE[one.asked.asks]) and _DEPENDS.search(one.sentence):
        return Verdict.DEPENDS if _says_all(one) else Verdict.NONE
    verdict = _of(stance, one) if stance is not None else Verdict.NONE
    if not verdict:
        return verdict
    verdict = under_amounts(under_shares(under_conditions(verdict, one), one), one)
    return Verdict.NONE if verdict is Verdict.DEPENDS and not _says_all(one) else verdict


def _of(stance: Stance, one: Beside) -> Verdict:
    """Return what a stance says to what is asked, whatever it depends on."""
    asks = one.asked.asks
    if stance in NEGATIVE or (stance is Stance.NEED_NOT and asks is not Asks.LEAVE):
        speaks = one.covered >= _SAYS_NO and one.lacking <= _LACKS_OF_NO
        return Verdict.NO if speaks else Verdict.NONE
    is_order = asks is Asks.DUTY and stance is Stance.PLAIN and _is_instruction(one)
    fits = stance in _POSITIVE[asks] or is_order
    return Verdict.YES if fits and _says_all(one) else Verdict.NONE


def _says_all(one: Beside) -> bool:
    """Return whether a sentence speaks of nearly all that is asked, the end of the statement included."""
    alone = {pair.claimed for pair in one.pairs}
    content = [word for word in one.asked.words if not word.vague] or one.asked.words
    whole = one.covered >= _SAYS_YES and one.lacking <= _LACKS and one.share(alone) >= _ALONE
    return whole and content[-1] in {pair.claimed for pair in one.main} and one.speaks_of_all()


def _is_instruction(one: Beside) -> bool:
    return any(_BEGINS_CLAUSE.search(one.said.text[: pair.source.start]) for pair in one.main)
