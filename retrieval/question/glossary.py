"""Chinese questions in English words, for documents in English where no embedder reads Chinese.

The words are those of a list of terms of machines, offices and computers; names and numbers stay as they are.
"""

import json
import re
from functools import cache
from pathlib import Path

from core.text.language import CJK, cjk_share

_TERMS = Path(__file__).with_name("chinese_terms.json")
_MOSTLY = 0.3
# The least share of a question's Chinese characters, without those that only ask, that the list must have.
_LEAST_KNOWN = 0.8
_ASKING = (
    (re.compile(r"多久|多长时间|多少时间"), " how long "),
    (re.compile(r"多少|几[个次名台条]?"), " how much "),
    (re.compile(r"什么时候|何时"), " when "),
    (re.compile(r"哪里|哪儿|何处|在哪"), " where "),
    (re.compile(r"谁"), " who "),
    (re.compile(r"为什么|为何"), " why "),
    (re.compile(r"如何|怎么|怎样"), " how to "),
    (re.compile(r"哪些|什么|哪个|哪一?[个种]?"), " what "),
)
# Characters that carry no meaning of their own in a question.
_FILLERS = re.compile(r"[的了是在有和与及或要会能把被请问吗呢吧啊对于从到个这那一其中所为该时]")
_RUN = re.compile(f"[{CJK}]+")


def in_english(question: str) -> str:
    """Return a mostly Chinese question in English words; empty if too few of its words are known."""
    if cjk_share(question) < _MOSTLY:
        return ""
    plain = question
    for pattern, asking in _ASKING:
        plain = pattern.sub(asking, plain)
    known, unknown, parts, end = 0, 0, list[str](), 0
    for run in _RUN.finditer(plain):
        found, there, missing = _read(run.group())
        parts += [plain[end : run.start()], *found]
        known, unknown, end = known + there, unknown + missing, run.end()
    words = " ".join(" ".join([*parts, plain[end:]]).replace("？", "?").split())
    return words if known and known >= _LEAST_KNOWN * (known + unknown) else ""


def _read(run: str) -> tuple[list[str], int, int]:
    """Return a run of Chinese in English words, and how many of its characters have one and have none."""
    terms, longest = _terms()
    words, known, missing, place = list[str](), 0, 0, 0
    while place < len(run):
        lengths = range(min(longest, len(run) - place), 0, -1)
        length = next((one for one in lengths if run[place : place + one] in terms), 0)
        if length:
            words.append(terms[run[place : place + length]])
            known += length
        else:
            missing += not _FILLERS.match(run[place])
        place += length or 1
    return words, known, missing


@cache
def _terms() -> tuple[dict[str, str], int]:
    terms: dict[str, str] = json.loads(_TERMS.read_text("utf-8"))
    return terms, max(map(len, terms))
