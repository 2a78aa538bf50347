"""Yes or no: what a sentence decides of a question, where that is certain."""

import re

from llm.extractive.polarity import allows, forbids

# The least share of the question's term weights in a sentence that says no, and in one that says yes, which
# may only seem to.
_SAYS_NO, _SAYS_YES = 0.6, 0.85
# The same, with its headings, of a sentence that begins with the word itself.
_BEGINS_WITH_IT = 0.5
_BEGINS = re.compile(
    r"\W*(?:(?P<yes>yes|是的|可以|支持|能)|(?P<no>no|不是|不可以|不支持|不能))[,.，。:：]", re.IGNORECASE
)
_ASKS_LEAVE = re.compile(
    r"(?:^|[,.?;] )\W*(?:may|can|could) (?!you\b)\w+|\b(?:allowed|permitted|possible)\b"
    r"|能不能|可不可以|可以|允许|能.*吗",
    re.IGNORECASE,
)
_ASKS_DUTY = re.compile(
    r"\b(?:must|should|need|needs|required|necessary|have to|has to)\b|要不要|需不需要|需要|必须",
    re.IGNORECASE,
)
_NO_DUTY = re.compile(
    r"\bnot (?:\w+ )?(?:required|necessary|needed|need|have to)\b|\bno need\b|\bneedn['’]t\b"
    r"|\bdon['’]t (?:need|have)\b|无需|不需要|不必|不用",
    re.IGNORECASE,
)
_DUTY = re.compile(r"\b(?:must|required|necessary|ha(?:ve|s) to)\b|必须|需要|务必", re.IGNORECASE)
_DENIES = re.compile(
    r"\b(?:not|no|never|cannot|\w+n['’]t|neither|none|without|void|forfeited)\b|不|没|未|无|非|严禁|禁止",
    re.IGNORECASE,
)
_BOTH_NAMED = re.compile(r"(.)不\1|可不可以|是不是|有没有|需不需要")
# What holds only in some cases is neither yes nor no.
_LIMITED = re.compile(
    r"\b(?:only|unless|except|depend(?:s|ing)?|some|most|usually|generally|either|but|however)\b"
    r"|除非|仅|只有|部分|取决|有的|一般|但",
    re.IGNORECASE,
)


def verdict_of(question: str, text: str, covered: float, with_headings: float) -> str:
    """Return `yes` or `no`; empty if the sentence does not decide the question for certain.

    `covered` is the share of the question's term weights in the sentence, and `with_headings` in it and its
    headings, 0..1. A question with a negation has no certain answer: "Yes" may agree with either.
    """
    if _DENIES.search(_BOTH_NAMED.sub("", question)):
        return ""
    begun = _BEGINS.match(text)
    if begun and with_headings >= _BEGINS_WITH_IT:
        return "yes" if begun.group("yes") else "no"
    if _LIMITED.search(text):
        return ""
    said = _said(question, text)
    return said if covered >= (_SAYS_YES if said == "yes" else _SAYS_NO) else ""


def _said(question: str, text: str) -> str:
    denials = len(_DENIES.findall(text))
    if _ASKS_DUTY.search(question):
        if _NO_DUTY.search(text) or forbids(text):
            return "no"
        return "yes" if _DUTY.search(text) and not denials else ""
    if _ASKS_LEAVE.search(question) and (forbids(text) or allows(text)):
        return "no" if not allows(text) else "" if denials else "yes"
    return "yes" if not denials else "no" if denials == 1 else ""
