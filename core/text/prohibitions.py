"""Headings and lead-ins that forbid what stands below them: "Never do this:", 严禁下列行为."""

import re

_FORBIDS = re.compile(
    r"^\W*(?:never|avoid|don['’]?ts?|do nots?|please (?:do not|don['’]t)|no-gos?)\b"
    r"|\b(?:following|these)\b.{0,40}\bcan(?: ?no|['’])t be\b"
    r"|\b(?:must|may|shall|should)(?: (?:also|therefore|however|definitely|absolutely))? (?:not|never)\b"
    r"|\b(?:must|should|shall)n['’]t\b|\b(?:do not|don['’]t|never)\b"
    r"|\b(?:not (?:be )?(?:allowed|permitted|admissible|authori[sz]ed))\b"
    r"|\b(?:forbidden|prohibited|banned|prohibitions?)\b"
    r"|\bwhat (?:(?:you|we|one) (?:must|should|may) )?not to do\b|\bthings (?:not to do|to avoid)\b"
    r"|\bnot to (?:be )?(?:do|done|used?)\b|\bmistakes to avoid\b"
    r"|严禁|禁止|不得|不准|不许|切勿|请勿|切忌|禁忌|不允许|不可以|不要|不应",
    re.IGNORECASE,
)
# What is said of a condition, or of what the items are wanted for, forbids none of them.
_OF_CONDITION = re.compile(
    r"\b(?:if|when(?:ever)?|in case|where|because|since|unless|until|before|after|without|except|why)\b"
    r"|\b(?:forget|hesitate|worry|miss|skip|omit|neglect|fail|proceed|continue|start|begin)\w*\b"
    r"|\b(?:do|does|can|could)(?: not|n['’]t) (?:see|find|know|want|have|need|work|start|open|appear"
    r"|connect)\b"
    r"|如果|若|当|时[，,：:]|除非|忘记|忘了|遗漏|无法|之前|原因",
    re.IGNORECASE,
)
# An item that denies by itself is said as it is.
_NEGATED = re.compile(r"\W*(?:(?:do not|don['’]t|never|no|not|without)\b|[不禁勿严])", re.IGNORECASE)
_CJK = re.compile("[\u4e00-\u9fff]")
_CLAUSE = re.compile(r"[,，;；]\s*")
_BOTH = re.compile(
    r"\bdo['’]?s (?:and|&)|\band (?:don['’]?ts|prohibited|forbidden)\b|允许和|可以和", re.IGNORECASE
)


def forbids_what_follows(text: str) -> bool:
    """Return whether a heading or a lead-in forbids each of the items below it."""
    if _BOTH.search(text):
        return False
    return any(_FORBIDS.search(clause) and not _OF_CONDITION.search(clause) for clause in _CLAUSE.split(text))


def forbidden(text: str) -> str:
    """Return an item below such a line as a sentence that forbids it by itself."""
    plain = text.strip()
    if not plain or _NEGATED.match(plain):
        return text
    if _CJK.match(plain):
        return text.replace(plain, f"禁止{plain}", 1)
    return text.replace(plain, f"Never {plain[0].lower()}{plain[1:]}", 1)
