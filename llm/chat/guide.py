"""The grammar of an answer: every sentence, item and row ends in marks of shown passages.

A sentence is over at its full stop, so that a model which has said what it wants to say can only mark it;
an item or a row is over where its marks begin.
"""

from core.text.language import ABBREVIATIONS
from llm.chat.prompt import Prompt
from llm.engine.request import Guide, GuideKind

# The most characters of a sentence or an item, and passages that it may cite.
_LONGEST, _MOST_MARKS = 400, 3
# What begins a bullet begins no sentence: the longest match decides, and a sentence would be longer.
_SIGN = r"[^\[\]\s.!?。！？-]"
_INSIDE = r"[^\[\]\n\r.!?。！？]"
# A full stop inside a number, a name or an abbreviation ends no sentence.
_STOP_INSIDE = r"\.[0-9a-z]"


def citation_guide(prompt: Prompt) -> Guide:
    """Return the grammar of an answer to a prompt: the refusal, or blocks in the forms that it asks for."""
    refusal = _quoted(prompt.refusal)
    if not prompt.shown:
        return Guide(GuideKind.LARK, f"start: {refusal}")
    numbers = " | ".join(_quoted(f"[{shown.number}]") for shown in prompt.shown)
    short = "|".join(sorted(one.replace(".", r"\.") for one in ABBREVIATIONS))
    inside = rf"(?:{_INSIDE}|{_STOP_INSIDE}|[ (](?i:{short})\. )"
    grammar = (
        f'start: {refusal} | block ("\\n" block)*\n'
        'block: VERDICT? said (" " said)* | item\n'
        f'said: SENTENCE " "? mark{{1,{_MOST_MARKS}}}\n'
        f'item: BULLET ITEM " "? mark{{1,{_MOST_MARKS}}}\n'
        f"mark: {numbers}\n"
        "VERDICT: /(?:Yes|No|Ja|Nein|Oui|Non|Sí|Sì)\\. |[是否]。/\n"
        "BULLET: /(?:  )?(?:- |[1-9][0-9]?\\. )/\n"
        f"SENTENCE: /{_SIGN}{inside}{{1,{_LONGEST}}}[.!?。！？:：]/\n"
        f"ITEM: /{_SIGN}{inside}{{1,{_LONGEST}}}[.!?。！？]?/\n"
    )
    return Guide(GuideKind.LARK, grammar)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
