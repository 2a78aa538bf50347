"""Languages without rules of their own: a claim has as many negations as the sentences that it repeats."""

import re

from core.reading.alignment import Alignment
from llm.chat.prompt_language import language_of

_NEGATIONS = {
    "de": r"\b(?:nicht|kein\w*|nie|niemals|ohne|weder|niemand|nirgends|verboten|untersagt)\b",
    "fr": r"\b(?:pas|jamais|aucune?|sans|rien|personne ne|ni|interdit\w*)\b",
    "es": r"\b(?:no|nunca|jamás|sin|ning[uú]n\w*|nadie|tampoco|prohibid\w*)\b",
    "it": r"\b(?:non|mai|senza|nessun\w*|niente|né|vietat\w*)\b",
    "ja": r"ません|ない|なかっ|ず(?=に|、|。)|禁止|不可",
}
_PATTERNS = {language: re.compile(pattern) for language, pattern in _NEGATIONS.items()}


def disagreeing_negation(alignment: Alignment) -> bool:
    """Return whether the claim has another number of negations, in a language whose grammar is not read."""
    pattern = _PATTERNS.get(language_of(alignment.source.text))
    if pattern is None:
        return False
    source = alignment.source
    cited = " ".join(source.text[slice(*source.sentences[number])] for number in alignment.cited_sentences)
    return len(pattern.findall(alignment.claim.text)) != len(pattern.findall(cited))
