"""Whether a sentence allows or forbids, and whether that is the contrary of what a question asks for."""

import re

from core.text.language import TOKEN, cjk_share, terms

_FORBIDS = re.compile(
    r"\b(?:(?:may|must|can|shall|should|is|are|was|were|be)(?: \w+)? not|cannot)\b"
    r"(?: be)?(?: (?:allowed|permitted|authori[sz]ed|admissible))?"
    r"|\b(?:ca|must|is|are|should)n['’]t\b"
    r"|\b(?:not (?:be )?(?:allowed|permitted|authori[sz]ed|admissible)|never|forbidden|prohibited|banned)\b"
    r"|\b(?:do not|don['’]t)\b|不得|禁止|禁用|不允许|不可|不能|严禁|不准|不许|切勿|请勿|勿|不应",
    re.IGNORECASE,
)
_ALLOWS = re.compile(
    r"\b(?:may|can|allowed|permitted|authori[sz]ed|admissible)\b|允许|可以|准许|许可|可(?=[在由用])",
    re.IGNORECASE,
)
_ASKS_WHICH = re.compile(
    r"^\W*(?:\w+ )?(?:which|what|who|whom|whose|where)\b|哪|谁|什么|何[处时人]", re.IGNORECASE
)
_ASKS_OTHERWISE = re.compile(
    r"\b(?:how|why|when)\b|^\W*(?:is|are|was|were|may|can|could|must|shall|should|do|does|did|has|have|will|would)\b"
    r"|[?？吗呢]|是否|能不能|可不可以|能否|可否|怎么|如何|为何|为什么",
    re.IGNORECASE,
)
_ASKS_LEAVE = re.compile(r"\b(?:may|allowed|permitted|authori[sz]ed)\b|允许|可以|准许|许可", re.IGNORECASE)
# A question puts its subject between: "may the forklift not be used".
_ASKS_FORBIDDEN = re.compile(
    r"\b(?:may|must|can|shall|should|is|are)(?: \S+){0,7}? not\b(?! (?:start|work|open|run|respond)\w*)"
    r"|\b(?:never|forbidden|prohibited|banned|not (?:be )?(?:allowed|permitted|authori[sz]ed|admissible))\b"
    r"|不得|禁止|禁用|严禁|不允许|不准|不许|不应|切勿|请勿|不[能可](?=[用在把将被和与由给往放带做])",
    re.IGNORECASE,
)
_LEAVE_OR_DUTY = re.compile(
    r"\b(?:may|must|shall|should|never|allowed|permitted|authori[sz]ed|admissible|forbidden|prohibited|banned)\b|[不禁勿]",
    re.IGNORECASE,
)
_ASKS_REASON = re.compile(r"为什么|为何|原因|怎么|如何|什么时候|\b(?:why|how|when)\b", re.IGNORECASE)
_NEGATES = re.compile(
    r"\b(?:not|no|never|without|except|un\w+|non\w*|\w+n['’]t)\b|[不未无没非]|除", re.IGNORECASE
)
# What a sentence has that warns of something without forbidding it.
_WARNS = re.compile(
    r"\b(?:not|no|never|without|except|only|avoid\w*|instead|\w+n['’]t|danger\w*|damag\w*|harm\w*|attacks?|destroys?"
    r"|ruins?|unsuitable|unsafe|forbids?|prohibits?)\b|[不未无没非勿禁]|除|避免|只[能可用]|仅|损坏|损伤|腐蚀|危险",
    re.IGNORECASE,
)
# A condition may be negated without the question being about what is not.
_CONDITION = re.compile(r"\b(?:if|when|while|because|that|after|before)\b|[如当]|时[，,？?]", re.IGNORECASE)
_LIMITS = re.compile(
    r"\b(?:if|when|while|before|after|until|unless|without|except|more|less|than)\b|[前后时]|如果|除非|超过|直到",
    re.IGNORECASE,
)
_NOT = re.compile(r"\b(?:not|never)\s+(?:be\s+|been\s+)?([a-z]+)", re.IGNORECASE)
_DENIED = re.compile(r"\b(?:not|never|don['’]t|cannot)\s+(?:be\s+|been\s+)?([a-z]+)", re.IGNORECASE)


def forbids(text: str) -> bool:
    """Return whether a text says what is not allowed, or not to be done."""
    return bool(_FORBIDS.search(text))


def allows(text: str) -> bool:
    """Return whether a text says what is allowed."""
    return bool(_ALLOWS.search(_FORBIDS.sub(" ", text)))


def is_contrary(question: str, text: str, above: str = "") -> bool:
    """Return whether a text says the contrary of what a question asks for: who *may not*, who *may*.

    `above` is the heading and the lead-in that it stands below: "Do not clean with". Only for questions that
    ask for a thing; a question for yes or no has either answer.
    """
    if not _asks_for_something(question):
        return False
    said = f"{above}\n{text}"
    if _asks_for_forbidden(question):
        return not forbids(said) and not _WARNS.search(said)
    if _ASKS_LEAVE.search(question):
        return forbids(said) and not allows(text)
    return _lacks_not(question, text) or _is_denied(question, said)


def _asks_for_something(question: str) -> bool:
    """Return whether a question asks which, what, who or where, or consists of keywords."""
    return bool(_ASKS_WHICH.search(question)) or not _ASKS_OTHERWISE.search(question)


def _asks_for_forbidden(question: str) -> bool:
    asked = _ASKS_FORBIDDEN.search(question)
    if not asked or not _LEAVE_OR_DUTY.search(question) or _ASKS_REASON.search(question):
        return False
    return not _CONDITION.search(question[: asked.end()])


def _lacks_not(question: str, text: str) -> bool:
    """Return whether a question is about what is *not* so, and a text says the same without a not."""
    asked = _NOT.search(question)
    if not asked or _CONDITION.search(question[: asked.start()]):
        return False
    denied = set(terms(asked.group(1)))
    return bool(denied) and denied <= _terms(text) and not _NEGATES.search(text)


def _is_denied(question: str, said: str) -> bool:
    """Return whether a text only forbids, under no condition, to do what the question speaks of."""
    if _NEGATES.search(question) or _ASKS_REASON.search(question):
        return False
    if not forbids(said) or allows(said) or _LIMITS.search(said):
        return False
    if cjk_share(said):
        return any(_terms(question) & _terms(said[match.end() :]) for match in _FORBIDS.finditer(said))
    return any(set(terms(match[1])) & _terms(question) for match in _DENIED.finditer(said))


def _terms(text: str) -> set[str]:
    return {term for match in TOKEN.finditer(text.casefold()) for term in terms(match.group())}
