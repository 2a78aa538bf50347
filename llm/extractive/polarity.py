"""Whether a sentence allows or forbids, and whether that is the contrary of what a question asks for."""

import re

from core.text.language import TOKEN, terms

_FORBIDS = re.compile(
    r"\b(?:(?:may|must|can|shall|should|is|are|was|were|be)(?: \w+)? not|cannot)\b"
    r"(?: be)?(?: (?:allowed|permitted|authori[sz]ed|admissible))?"
    r"|\b(?:ca|must|is|are|should)n['’]t\b"
    r"|\b(?:not (?:be )?(?:allowed|permitted|authori[sz]ed|admissible)|never|forbidden|prohibited|banned)\b"
    r"|\b(?:do not|don['’]t)\b|不得|禁止|不允许|不可|不能|严禁|不准|不许|切勿|请勿|勿|不应",
    re.IGNORECASE,
)
_ALLOWS = re.compile(
    r"\b(?:may|can|allowed|permitted|authori[sz]ed|admissible)\b|允许|可以|准许|许可|可(?=[在由用])",
    re.IGNORECASE,
)
# A question puts its subject between: "may the forklift not be used".
_ASKS_NOT = re.compile(r"\b(?:may|must|can|should|is|are)(?: \w+){0,4} not\b", re.IGNORECASE)
_ASKS_WHICH = re.compile(
    r"^\W*(?:\w+ )?(?:which|what|who|whom|whose|where)\b|哪|谁|什么|何[处时人]", re.IGNORECASE
)
_ASKS_LEAVE = re.compile(r"\b(?:may|allowed|permitted|authori[sz]ed)\b|允许|可以|准许|许可", re.IGNORECASE)
_NEGATES = re.compile(
    r"\b(?:not|no|never|without|except|un\w+|non\w*|\w+n['’]t)\b|[不未无没非]|除", re.IGNORECASE
)
# A condition may be negated without the question being about what is not.
_CONDITION = re.compile(r"\b(?:if|when|while|because|that|after|before)\b|[如当]|时[，,？?]", re.IGNORECASE)
_NOT = re.compile(r"\b(?:not|never)\s+(?:be\s+|been\s+)?([a-z]+)", re.IGNORECASE)


def forbids(text: str) -> bool:
    """Return whether a text says what is not allowed, or not to be done."""
    return bool(_FORBIDS.search(text))


def allows(text: str) -> bool:
    """Return whether a text says what is allowed."""
    return bool(_ALLOWS.search(_FORBIDS.sub(" ", text)))


def is_contrary(question: str, text: str) -> bool:
    """Return whether a text says the contrary of what a question asks for: who *may not*, who *may*.

    Only for questions that ask which, what, who or where; a question for yes or no has either answer.
    """
    if not _ASKS_WHICH.search(question):
        return False
    if (forbids(question) or _ASKS_NOT.search(question)) and _ASKS_LEAVE.search(question):
        return allows(text) and not forbids(text) and not _NEGATES.search(text)
    if _ASKS_LEAVE.search(question):
        return forbids(text) and not allows(text)
    return _lacks_not(question, text)


def _lacks_not(question: str, text: str) -> bool:
    """Return whether a question is about what is *not* so, and a text says the same without a not."""
    asked = _NOT.search(question)
    if not asked or _CONDITION.search(question[: asked.start()]):
        return False
    denied = set(terms(asked.group(1)))
    said = {term for match in TOKEN.finditer(text.casefold()) for term in terms(match.group())}
    return bool(denied) and denied <= said and not _NEGATES.search(text)
