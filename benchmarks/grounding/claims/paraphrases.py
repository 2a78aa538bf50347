"""English edits that keep what a sentence says; each returns None if it does not apply."""

import re
from collections.abc import Callable
from random import Random

from benchmarks.grounding.claims.english_pairs import SYNONYMS, half

Edit = Callable[[str, Random, str], str | None]

_CONTRACTIONS = {
    "do not": "don't", "does not": "doesn't", "is not": "isn't", "are not": "aren't", "will not": "won't",
    "should not": "shouldn't", "cannot": "can't", "did not": "didn't", "have not": "haven't",
    "you are": "you're", "it is": "it's", "you will": "you'll",
}  # fmt: skip
_NUMBERS = dict(
    zip("2 3 4 5 6 7 8 9 10 12 20 30".split(), "two three four five six seven eight nine ten twelve twenty "
        "thirty".split(), strict=True)
)  # fmt: skip
_MODALS = (
    (r"\bmust not be\b", ("may not be", "is not to be")),
    (r"\bmust not\b", ("may not", "are not allowed to")),
    (r"\bmust be\b", ("has to be", "needs to be")),
    (r"\bmust\b", ("have to", "need to", "are required to")),
    (r"\byou should\b", ("it is recommended to",)),
    (r"\b(?:you|we) can\b(?!['’])", ("it is possible to",)),
    (r"\bcannot\b", ("can not", "is not able to")),
    (r"\bneed to\b", ("have to", "must")),
    (r"\bhave to\b", ("must", "need to")),
    (r"\bmay not\b", ("might not",)),
    (r"\bis required to\b", ("must", "has to")),
    (r"\bat least\b", ("no less than", "a minimum of")),
    (r"(?<!no )(?<!not )\bmore than\b(?= \d)", ("over",)),
    (r"(?<!no )(?<!not )\bless than\b(?= \d)", ("under", "below")),
    (r"\bup to\b(?= \d)", ("at most", "no more than", "a maximum of")),
)
_LEADS = {
    "train": ("According to the document, ", "Note that "),
    "test": ("The documentation says that ", "As the text puts it, "),
}
# Without "generally" or "in this case" a sentence would say more than before.
_DROPPED_LEADS = re.compile(
    r"^(?:However|Therefore|Also|In addition|Additionally|For example|Then|Finally|Note that|Note:|Please|"
    r"As a result),? "
)
_VERBS = (
    "use change install open remove replace select enable disable check add delete configure connect update "
    "create view edit find download access see read share test"
).split()
_OBJECT = r"((?:the|your|a|an|this|these|all) [a-z]+(?: [a-z]+)?)"
_ACTIVE = re.compile(
    rf"\b(?:you|we|users) (can|should|must) ({'|'.join(_VERBS)}) {_OBJECT}"
    r"(?=[.,]| (?:in|on|by|with|from|to|for)\b)"
)
_IRREGULAR = {"find": "found", "see": "seen", "read": "read"}


_CLAUSE = re.compile(r"(?:you|they|we|it|he|she|the|a|an|this|these|all|any|your|their|there|no) ")


def synonyms(sentence: str, random: Random, part: str) -> str | None:
    """Replace one or two words by synonyms."""
    pairs = half(SYNONYMS, part)
    known = {**dict(pairs), **{other: one for one, other in pairs}}
    words = [word for word in re.findall(r"(?<![\w.-])[a-z]+(?![\w(.-]*[(_])", sentence) if word in known]
    if not words:
        return None
    for word in random.sample(words, min(len(words), random.choice((1, 2)))):
        sentence = re.sub(rf"(?<![\w-]){word}(?![\w-])", known[word], sentence, count=1)
    return sentence


def contraction(sentence: str, random: Random, part: str) -> str | None:
    """Contract a form, or write a contraction out."""
    for full, short in _CONTRACTIONS.items():
        if re.search(rf"\b{full}\b", sentence):
            return re.sub(rf"\b{full}\b", short, sentence, count=1)
        if short in sentence and full.endswith("not"):
            return sentence.replace(short, full, 1)
    return None


def number_format(sentence: str, random: Random, part: str) -> str | None:
    """Write a number in words or figures, a percentage, a time or thousands in another way."""
    options = [
        re.sub(rf"(?<![\w.,:-]){figure}(?= [a-z])", word, sentence, count=1)
        for figure, word in _NUMBERS.items()
    ]
    options += [
        re.sub(rf"\b{word}(?= [a-z])", figure, sentence, count=1) for figure, word in _NUMBERS.items()
    ]
    options += [
        re.sub(r"(\d)%", r"\1 percent", sentence, count=1),
        re.sub(r"(\d) percent\b", r"\1%", sentence, count=1),
        re.sub(r"\b\d{1,3}(?:,\d{3})+\b", lambda match: match.group().replace(",", ""), sentence, count=1),
        re.sub(r"\$(\d[\d,]*\b)(?![.\d])", r"\1 dollars", sentence, count=1),
        re.sub(r"\b60 minutes\b", "1 hour", sentence),
        re.sub(r"\b24 hours\b", "one day", sentence),
        re.sub(r"\b12 months\b", "one year", sentence),
        re.sub(r"\b(?:2|two) weeks\b", "14 days", sentence),
        re.sub(r"\b(?:one|1) week\b", "7 days", sentence),
        re.sub(r"\b30 minutes\b", "half an hour", sentence),
    ]
    changed = [option for option in options if option != sentence]
    return random.choice(changed) if changed else None


def clause_order(sentence: str, random: Random, part: str) -> str | None:
    """Move a clause of condition or time to the other end."""
    fronted = re.fullmatch(
        r"(If|When|Once|After|Before|Unless|While) ([^,]{8,90}), ([^,]{8,110})\.", sentence
    )
    if fronted:
        marker, clause, main = fronted.groups()
        main = re.sub(r"^then ", "", main)
        return f"{main[0].upper()}{main[1:]} {marker.lower()} {clause}."
    trailing = re.fullmatch(
        r"([^,]{12,110}?),? (if|when|once|after|before|unless|while) ([^,]{8,90})\.", sentence
    )
    if not trailing or re.search(r"\b(?:and|or|but|that|which|not)\b", trailing[1]):
        return None
    main, marker, clause = trailing.groups()
    if not _CLAUSE.match(clause):
        return None
    if re.fullmatch(
        r".*\b(?:determine|about|know|see|tell|ask|check|only|even|just|sure|that|for|how|is|are|day|week|year)",
        main,
    ):
        return None
    return f"{marker.capitalize()} {clause}, {main if main[:2].isupper() else main[0].lower() + main[1:]}."


def modal(sentence: str, random: Random, part: str) -> str | None:
    """Express a duty, a permission or a limit in other words."""
    fitting = [(pattern, words) for pattern, words in _MODALS if re.search(pattern, sentence)]
    if not fitting:
        return None
    pattern, words = random.choice(fitting)
    return re.sub(pattern, random.choice(words), sentence, count=1)


def passive(sentence: str, random: Random, part: str) -> str | None:
    """Turn `you can change the name` into `the name can be changed`."""
    match = _ACTIVE.search(sentence)
    if not match:
        return None
    modal_verb, verb, thing = match.groups()
    ending = _IRREGULAR.get(verb) or (verb + "d" if verb.endswith("e") else verb + "ed")
    return f"{sentence[: match.start()]}{thing} {modal_verb} be {ending}{sentence[match.end() :]}"


def dropped(sentence: str, random: Random, part: str) -> str | None:
    """Leave out a remark in brackets, a non-restrictive clause, examples or an opening word."""
    options = [
        re.sub(r" \([^()]{3,80}\)", "", sentence, count=1),
        re.sub(r", which [^,]{8,80},", "", sentence, count=1),
        re.sub(r",? (?:such as|including|like|for example|e\.g\.,?) [^.;]{5,90}\.$", ".", sentence),
        _DROPPED_LEADS.sub("", sentence),
        re.sub(r", (?:so|because|since) [^,]{8,90}\.$", ".", sentence),
    ]
    shorter = [option for option in options if 5 <= len(option.split()) < len(sentence.split())]
    return random.choice(shorter) if shorter else None


def lead_in(sentence: str, random: Random, part: str) -> str | None:
    """Put an opening before the sentence that adds nothing."""
    opening = random.choice(_LEADS[part])
    first = sentence.split(maxsplit=1)[0]
    lowered = (
        sentence if first.isupper() or first[1:] != first[1:].lower() else sentence[0].lower() + sentence[1:]
    )
    return opening + lowered


def third_person(sentence: str, random: Random, part: str) -> str | None:
    """Speak of users instead of to them."""
    changed = re.sub(
        r"(?<=[Ii]f )you\b|(?<=[Ww]hen )you\b|(?<=, )you\b", "they", re.sub(r"^You\b", "They", sentence)
    )
    if changed == sentence or re.search(r"\byou\b", changed):
        return None
    return re.sub(r"\byour\b", "their", changed)


def hyphens_and_spelling(sentence: str, random: Random, part: str) -> str | None:
    """Spell a word in the other English, or a compound without its hyphen."""
    options = [
        re.sub(r"\b([a-z]{3,})-([a-z]{3,})\b", r"\1 \2", sentence, count=1),
        re.sub(r"\b(\w{4,})iz(e|ed|ing|ation)\b", r"\1is\2", sentence, count=1),
        sentence.replace("color", "colour", 1),
        sentence.replace("center", "centre", 1),
        sentence.replace("email", "e-mail", 1),
        sentence.replace(" and ", " as well as ", 1) if sentence.count(" and ") == 1 else sentence,
    ]
    changed = [option for option in options if option != sentence]
    return random.choice(changed) if changed else None


EDITS: tuple[Edit, ...] = (
    synonyms, contraction, number_format, clause_order, modal, passive, dropped, third_person,
    hyphens_and_spelling,
)  # fmt: skip
