"""The operators of English."""

import re

from core.reading.operators.governing import THEN, Operator, operator
from core.reading.values import Kind, Share, Stance

_BE = r"(?:is|are|was|were|be|been|being|'s|'re)"
_NEVER = r"under no circumstances?|in no case|at no time|by no means|on no account"
_STRICT = r"(?: strictly| expressly| absolutely| generally| only| also| always| normally)?"
_AUXILIARY = r"is|are|was|were|must|may|can|could|should|will|would|shall|has|have|had|do|does|did|cannot"

# Where a clause ends: `and` only if a new predicate follows.
BREAKS = re.compile(
    r"[.!?](?=\s|$)|[;:\n,–—|]| -+ |(?<![\w'])(?:but|however|because|although|though|which|who"
    r"|whose|whereas|so"
    r" that|or else|except|otherwise)(?!\w)"
    rf"|(?<!\w)and(?= (?:[\w'-]+ ){{0,4}}?(?:{_AUXILIARY})\b)"
    r"|(?<![\w'])(?:if|unless|when|whenever|while|until|till|before|after|once|provided|as long as|in case|"
    r"without|instead of|rather than|prior to|where)(?!\w)"
)


def _stance(value: Stance, pattern: str, **how: bool | int) -> Operator:
    return operator(Kind.STANCE, value, pattern, **how)


def _share(value: Share, pattern: str) -> Operator:
    return operator(Kind.QUANTIFIER, value, pattern, longest=40)


OPERATORS: tuple[Operator, ...] = (
    # These negate nothing.
    operator(
        Kind.STANCE,
        Stance.PLAIN,
        r"not only(?=.*\bbut\b)|whether or not|or not|no\.|not just|last but not least",
        protects=True,
    ),
    operator(Kind.CONDITION, Stance.NOT, r"unless|except (?:if|when|where)|only if not"),
    operator(
        Kind.CONDITION,
        Stance.PLAIN,
        r"(?<!about )(?<!know )(?<!see )(?<!check )(?<!determine )(?<!decide )(?:even )?(?:if"
        r"|when|whenever|while|once)|provided(?: that)?|as long as|so long as"
        r"|on condition that"
        r"|in case(?: of)?|in the event (?:of|that)|assuming(?: that)?|in cases? where|should you",
    ),
    operator(Kind.LATER, THEN, r"(?:(?<=[,;] )|(?<=and ))(?:then|afterwards)"),
    operator(
        Kind.LATER, "", r"(?:not |no )?(?:until|till|before|prior to|earlier than|in advance of|ahead of)"
    ),
    operator(
        Kind.EARLIER,
        "",
        r"(?:only )?(?:after|subsequent to|as soon as"
        r"|(?<!the )(?<!these )following(?= (?:the|a|an|your|this|each) ))",
    ),
    operator(
        Kind.QUANTIFIER,
        Share.ONLY,
        r"(?:nobody|no one|none|nothing)(?: else)? (?:but|except|other than)",
        longest=40,
    ),
    _stance(
        Stance.NEED_NOT,
        r"(?:do|does|did)(?: not|n't) (?:have|need)(?: to)?|need(?: not|n't)|needn't|(?:has"
        r"|have) no need to"
        rf"|{_BE}(?: not|n't){_STRICT} (?:required|necessary|obliged|obligated|mandatory"
        rf"|compulsory)(?: to)?"
        r"|(?:there is )?no need (?:to|for)|no longer (?:has|have|need|needs) to|unnecessary",
    ),
    _stance(
        Stance.MUST_NOT,
        rf"{_BE}(?: not|n't| never| no longer){_STRICT} (?:allowed|permitted|authorized"
        rf"|authorised|permissible|entitled)",
        backward=True,
    ),
    _stance(
        Stance.MUST_NOT,
        rf"{_BE}{_STRICT} (?:prohibited|forbidden|banned|disallowed|off limits)"
        r"|(?:prohibited|forbidden|banned)(?=\s*(?:[.,;:!)]|$|(?:to|from|in|on|at|by|for|near|if"
        r"|when|while) ))",
        backward=True,
    ),
    _stance(Stance.MUST_NOT, rf"(?:must|may|shall|can|should) (?:{_NEVER})"),
    _stance(Stance.MUST_NOT, rf"(?:{_NEVER})(?: (?:may|must|should|can|shall))?", around=True),
    _stance(Stance.MUST_NOT, r"(?:prohibit|forbid|ban)s?"),
    _stance(
        Stance.MUST_NOT,
        r"(?:must|may|shall|can)(?:,? in any case,?)?(?: not| never|n't| no longer)"
        r"|cannot|can not|can't|mustn't|could(?: not|n't)",
    ),
    _stance(Stance.MUST_NOT, r"not (?:allowed|permitted|authorized|authorised)", backward=True),
    _stance(
        Stance.MUST_NOT,
        r"(?:no(?: one|body)?|nobody|none|neither)(?P<keep>(?: (?!is |are |was |were )[\w'-]+){0,5}?)"
        rf" (?:may|must|shall|can|should|{_BE} (?:allowed|permitted)(?: to)?)",
    ),
    _stance(Stance.SHOULD_NOT, r"should(?: not|n't| never)|ought not to"),
    _stance(
        Stance.SHOULD_NOT,
        rf"{_BE}(?: not|n't) (?:recommended|advised|advisable)|not recommended",
        backward=True,
    ),
    _stance(
        Stance.MUST, r"must|shall|(?:has|have|had|having) to|need(?:s|ed)? to(?= )|are to(?= )|is to(?= )"
    ),
    _stance(
        Stance.MUST,
        rf"(?:{_BE}{_STRICT} )(?:required|obliged|obligated|mandatory|compulsory|obligatory"
        rf"|necessary|essential)",
        backward=True,
    ),
    _stance(Stance.SHOULD, r"should|ought to"),
    _stance(Stance.SHOULD, rf"{_BE}{_STRICT} (?:recommended|advised|advisable)", backward=True),
    _stance(Stance.MAY, r"(?<!\d )(?<!in )(?:may|might)(?! \d)"),
    _stance(
        Stance.MAY,
        rf"{_BE}{_STRICT} (?:allowed|permitted|entitled|authorized|authorised|optional"
        rf"|permissible)",
        backward=True,
    ),
    _stance(Stance.CAN, r"can|could|(?:is|are|was|were) able to|able to|capable of|it(?: is|'s) possible to"),
    _stance(
        Stance.NOT,
        r"not|never|no longer|cannot|nor|neither|nobody|no one|none|nothing|(?:is|are|was|were|do"
        r"|does|did|has|have|"
        r"had|wo|would|will)n't|fail(?:s|ed)? to|unable to|refus(?:es|ed|e) to|hardly|rarely|seldom",
    ),
    operator(
        Kind.ABSENCE,
        "",
        r"without|instead of|rather than|in place of|lack(?:s|ing)?|free of|absence of|with no",
        longest=40,
    ),
    _stance(Stance.NOT, r"no", longest=45),
    _share(
        Share.ALL,
        r"all(?: of)?(?: the)?|every|each|always|everyone|everybody|any|both",
    ),
    _share(
        Share.MOST,
        r"most(?: of)?(?: the)?(?= [\w-]+s\b)|usually|often|frequently|commonly|generally|mostly"
        r"|normally|typically|the majority of",
    ),
    _share(
        Share.SOME,
        r"some(?: of)?(?: the)?|certain|sometimes|occasionally|several|partly|partially|a number of",
    ),
    _share(Share.FEW, r"few|hardly any|a minority of|rarely|a few"),
    operator(Kind.QUANTIFIER, Share.ONLY, r"only(?=\s*(?:[.,;)]|$))", backward=True, longest=25),
    _share(Share.ONLY, r"only|solely|exclusively|nothing but|none but"),
)
