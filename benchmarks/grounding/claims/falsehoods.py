"""English edits that change what a sentence says; each returns None if it does not apply."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from benchmarks.grounding.claims.english_pairs import ANTONYMS, half


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What an edit may use beside the sentence."""

    random: Random
    part: str
    nouns: Sequence[str]
    """Other words of the same document."""
    numbers: Sequence[str]
    """Numbers of the sentences beside it, which the source holds too."""


Edit = Callable[[str, Material], str | None]
_AUXILIARY = r"\b(is|are|was|were|will|can|must|should|may|has|have|does|do|could|would)\b"
_CONDITION = r"\b(?:if|unless|when|only if|as long as|provided that)\b"
_ADDED = (
    "per board order", "on weekends", "free of charge", "for managers only", "within two hours",
    "in all other offices", "without prior notice", "by order of the director", "at the customer's expense",
    "as agreed with the union", "under the new contract", "twice a year", "since last summer",
)  # fmt: skip


def _sub(pattern: str, replacement: str, sentence: str) -> str | None:
    changed = re.sub(pattern, replacement, sentence, count=1)
    return changed if changed != sentence else None


def negated(sentence: str, material: Material) -> str | None:
    """Insert or remove a negation."""
    removed = re.sub(r"\b(can)not\b", r"\1", sentence, count=1)
    removed = re.sub(r" not\b(?! only)|n't\b", "", removed, count=1) if removed == sentence else removed
    removed = re.sub(r"\bnever\b", "always", removed, count=1) if removed == sentence else removed
    if removed != sentence:
        return removed
    return _sub(_AUXILIARY + r"(?! not| never|n't)", r"\1 not", sentence)


def negated_verb(sentence: str, material: Material) -> str | None:
    """Say `never`, `without` or `no` where the sentence says that it is so."""
    options = (
        _sub(r"\b(can|must|should|will|may)\b", r"\1 never", sentence),
        _sub(r"\bwith (?=a|the|an|your)", "without ", sentence),
        _sub(r"^(?=[A-Z][a-z]+ (?:the|your|a|all) )", "Do not ", sentence)
        if re.match(
            r"(?:Use|Check|Click|Select|Open|Add|Make|Go|Create|Ask|Send|Set|Run|Connect|Press)\b", sentence
        )
        else None,
    )
    found = [option for option in options if option]
    if not found:
        return None
    chosen = material.random.choice(found)
    return re.sub(r"^Do not ([A-Z])", lambda match: f"Do not {match[1].lower()}", chosen)


def other_modal(sentence: str, material: Material) -> str | None:
    """Exchange duty, permission and prohibition."""
    swaps = (
        (r"\bmust not\b", "may"), (r"\bcannot\b", "must"), (r"\bmust\b(?! not)", "may"),
        (r"\bshould\b(?! not)", "must not"),
        (r"\bmay\b(?! \d| not)", "must"), (r"\bcan\b(?! not| neither)", "must"),
        (r"\bare required to\b", "are free to"), (r"\bhave to\b", "may"), (r"\bneed to\b", "need not"),
        (r"\bshould not\b", "should"), (r"\bis not allowed\b", "is allowed"),
    )  # fmt: skip
    found = [option for swap in swaps if (option := _sub(*swap, sentence))]
    return material.random.choice(found) if found else None


def other_number(sentence: str, material: Material) -> str | None:
    """Change a number; to one that the source holds for something else, if there is one."""
    found = list(re.finditer(r"(?<![\w.,:/-])\d+(?:[.,]\d+)*(?![\w/:-])", sentence))
    spelled = list(re.finditer(r"\b(?:two|three|four|five|six|seven|eight|nine|ten)\b", sentence))
    if spelled and not found:
        match = material.random.choice(spelled)
        others = [word for word in ("two", "three", "four", "six", "nine") if word != match.group()]
        return sentence[: match.start()] + material.random.choice(others) + sentence[match.end() :]
    if not found:
        return None
    match = material.random.choice(found)
    others = [number for number in material.numbers if number not in sentence]
    value = match.group()
    made = str(int(value) + material.random.choice((1, 2, 5))) if value.isdigit() else value + "5"
    return sentence[: match.start()] + (others[0] if others else made) + sentence[match.end() :]


def swapped_numbers(sentence: str, material: Material) -> str | None:
    """Exchange two numbers of the sentence."""
    found = list(re.finditer(r"(?<![\w.,:/-])\d+(?:[.,]\d+)*(?![\w/:-])", sentence))
    if len(found) < 2 or found[0].group() == found[1].group():
        return None
    one, two = found[:2]
    return (
        sentence[: one.start()] + two.group() + sentence[one.end() : two.start()] + one.group()
        + sentence[two.end() :]
    )  # fmt: skip


def other_unit(sentence: str, material: Material) -> str | None:
    """Change the unit of a number."""
    swaps = (
        (r"(?<=\d )days?\b", "weeks"), (r"(?<=\d )hours?\b", "minutes"), (r"(?<=\d )minutes?\b", "hours"),
        (r"(?<=\d )weeks?\b", "months"), (r"(?<=\d )months?\b", "years"), (r"(?<=\d )years?\b", "months"),
        (r"(?<=\d) ?%", " euros"), (r"\$(?=\d)", "€"), (r"(?<=\d) ?°C", " °F"), (r"(?<=\d) ?ms\b", " s"),
        (r"(?<=\d )bar\b", "psi"), (r"(?<=\d) ?KB\b", " MB"), (r"(?<=\d) ?MHz\b", " kHz"),
        (r"\b(two|three|four|five|six) days\b", r"\1 weeks"),
        (r"\b(two|three|four|five|six) weeks\b", r"\1 days"),
    )  # fmt: skip
    found = [option for swap in swaps if (option := _sub(*swap, sentence))]
    return material.random.choice(found) if found else None


def other_comparison(sentence: str, material: Material) -> str | None:
    """Turn a comparison or an order around."""
    swaps = (
        (r"\bat least\b", "at most"), (r"\bat most\b", "at least"), (r"\bmore than\b", "less than"),
        (r"\bless than\b", "more than"), (r"\bup to\b(?= \d)", "at least"), (r"\babove\b", "below"),
        (r"\bbelow\b", "above"), (r"\bbefore\b", "after"), (r"\bafter\b", "before"), (r"\bwithin\b", "after"),
        (r"\buntil\b", "after"),
        (r"\bgreater than\b", "lower than"), (r"\bno later than\b", "no earlier than"),
        (r"\bBefore\b", "After"), (r"\bAfter\b", "Before"), (r"\bminimum\b", "maximum"),
    )  # fmt: skip
    found = [option for swap in swaps if (option := _sub(*swap, sentence))]
    return material.random.choice(found) if found else None


def opposite(sentence: str, material: Material) -> str | None:
    """Replace a word by its opposite."""
    pairs = half(ANTONYMS, material.part)
    known = {**dict(pairs), **{other: one for one, other in pairs}}
    words = [word for word in re.findall(r"[a-z]+", sentence) if word in known]
    if not words:
        return None
    word = material.random.choice(words)
    return re.sub(rf"(?<![\w-]){word}(?![\w-])", known[word], sentence, count=1)


def other_noun(sentence: str, material: Material) -> str | None:
    """Replace a name or a long word by another one of the same document."""
    own = [word for word in re.findall(r"\b[A-Za-z]{5,}\b", sentence) if word.lower() not in _COMMON]
    others = [word for word in material.nouns if word.lower() not in sentence.lower()]
    if not own or not others:
        return None
    names = [word for word in own[1:] if word[0].isupper()]
    chosen = material.random.choice(names or own)
    alike = [word for word in others if word[0].isupper() == chosen[0].isupper()]
    if not alike:
        return None
    return re.sub(rf"\b{chosen}\b", material.random.choice(alike), sentence, count=1)


def exchanged_nouns(sentence: str, material: Material) -> str | None:
    """Exchange the two things beside `to`, `from` or `with`."""
    match = re.search(
        r"\b(the|your|a|an) ([a-z]{4,}) (to|from|into|with|by) (the|your|a|an) ([a-z]{4,})\b", sentence
    )
    if not match or match[2] == match[5]:
        return None
    turned = f"{match[4]} {match[5]} {match[3]} {match[1]} {match[2]}"
    return sentence[: match.start()] + turned + sentence[match.end() :]


def other_share(sentence: str, material: Material) -> str | None:
    """Exchange all, some, none and only."""
    swaps = (
        (r"\b[Aa]ll (?=[a-z]+s\b)", "some "), (r"\b[Ss]ome (?=[a-z]+s\b)", "all "), (r"\b[Ee]ach\b", "no"),
        (r"\b[Ee]very\b", "no"), (r"\bmost (?=[a-z]+s\b)", "all "), (r"\b[Mm]any\b", "all"),
        (r"\balways\b", "sometimes"), (r"\bsometimes\b", "always"), (r"\busually\b", "always"),
        (r"\b(must|can|may|should|will) (?!not|only|be)", r"\1 only "), (r"\bboth\b", "neither"),
        (r"\b[Aa]ny\b", "no"), (r"\boften\b", "never"), (r"\bNo\b", "Every"),
    )  # fmt: skip
    negative = re.search(r"\bnot\b|n't\b", sentence)
    found = [
        option for swap in swaps if not (negative and swap[1] == "no") and (option := _sub(*swap, sentence))
    ]
    return material.random.choice(found) if found else None


def without_condition(sentence: str, material: Material) -> str | None:
    """Leave a condition out, or turn it around."""
    options = (
        re.sub(rf",? {_CONDITION} [^,;]{{8,90}}\.$", ".", sentence),
        re.sub(
            r"^(?:If|Unless|When|As long as) [^,]{8,90}, (?:then )?(\w)", lambda m: m[1].upper(), sentence
        ),
        re.sub(r"\bif\b", "unless", sentence, count=1),
        re.sub(r"^If\b", "Unless", sentence),
        re.sub(r"\bunless\b", "if", sentence, count=1),
        re.sub(r"^Unless\b", "If", sentence),
    )
    found = [option for option in options if option != sentence and len(option.split()) > 4]
    return material.random.choice(found) if found else None


def added(sentence: str, material: Material) -> str | None:
    """Add what the source does not say."""
    return f"{sentence.rstrip('.')}{material.random.choice(('', ','))} {material.random.choice(_ADDED)}."


EDITS: tuple[Edit, ...] = (
    negated, negated_verb, other_modal, other_number, swapped_numbers, other_unit, other_comparison, opposite,
    other_noun, exchanged_nouns, other_share, without_condition, added,
)  # fmt: skip
_COMMON = frozenset(
    "about above after again before being could every first should their there these those through under "
    "until using where which while would other please because always usually often sometimes never within "
    "without might example based needs people things something anything another during however instead "
    "therefore although whether since along toward".split()
)
