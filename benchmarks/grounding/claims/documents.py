"""Sentences of real documents, with their neighbours, parted into two halves by document."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from random import Random

from benchmarks.set_folders import PARTS, data_folder
from core.text.language import cjk_share, sentences

_DEMO = Path(__file__).resolve().parents[3] / "deploy" / "demo"
# Set, folder below the public sets, and which files: all are described with their licences in its README.
_ENGLISH = (
    ("18f", "corpus_mixed_18f_handbook/pages", "**/*.md"),
    ("sourcegraph", "corpus_md_en_sourcegraph_handbook", "**/*.md"),
    ("runbooks", "fault_prometheus_runbooks", "**/*.md"),
    ("arduino", "fault_arduino_help", "**/*.md"),
    ("esp-en", "fault_esp_faq/docs/en", "**/*.rst"),
)
_CHINESE = (
    ("esp-zh", "fault_esp_faq/docs/zh_CN", "**/*.rst"),
    ("d365", "zh_d365_troubleshooting", "**/*.md"),
)
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_CODE = re.compile(r"```.*?```|~~~.*?~~~", re.DOTALL)
_LINKS = ((re.compile(r"!?\[([^\]]*)\]\([^)]*\)"), r"\1"), (re.compile(r"`([^`<]+)<[^>]*>`_+"), r"\1"))
_MARKS = re.compile(r"^\s*(?:[-*+>]|\d+\.|#\.|\|)\s*|[*_`]{1,3}", re.MULTILINE)
_ODD = re.compile(r"[<>{}\[\]|\\=#@~^$]|https?:|::|\.\.\.|[\U0001f000-\U0001ffff]|/\w+/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A sentence with the ones around it."""

    set: str
    document: str
    sentence: str
    before: str
    after: str
    part: str
    """`train` or `test`; all sentences of a document have the same."""


def part_of(document: str) -> str:
    """Return the part that a document belongs to, from a hash of its name."""
    return PARTS[blake2b(document.encode(), digest_size=1).digest()[0] % 2]


def english() -> list[Place]:
    """Return sentences of English handbooks, runbooks and FAQs in a fixed, mixed order."""
    files = [(name, path) for name, folder, found in _ENGLISH for path in _files(folder, found)]
    files += [("demo", path) for path in sorted((_DEMO / "source").glob("*.md")) if ".zh" not in path.name]
    places = [place for name, path in files for place in _places(name, path.name, _prose(path), _is_english)]
    return _mixed(places)


def chinese() -> list[Place]:
    """Return sentences of Chinese FAQs, manuals and encyclopedia articles in a fixed, mixed order."""
    files = [(name, path) for name, folder, found in _CHINESE for path in _files(folder, found)]
    files += [("demo", path) for path in sorted(_DEMO.rglob("*zh*.md"))]
    places = [place for name, path in files for place in _places(name, path.name, _prose(path), _is_chinese)]
    for number, context in enumerate(_cmrc()):
        places += _places("cmrc", f"cmrc-{number}", context, _is_chinese)
    return _mixed(places)


def _files(folder: str, found: str) -> list[Path]:
    return sorted((data_folder() / folder).glob(found))


def _mixed(places: list[Place]) -> list[Place]:
    """Shuffle, then deal out the sets in turn, so that a large one does not hide the others.

    What documents of both parts say word for word is left out.
    """
    parts: dict[str, set[str]] = {}
    for place in places:
        parts.setdefault(place.sentence, set()).add(place.part)
    Random(11).shuffle(places)
    by_set: dict[str, list[Place]] = {}
    for place in places:
        if len(parts[place.sentence]) == 1:
            by_set.setdefault(place.set, []).append(place)
    longest = max(map(len, by_set.values()), default=0)
    return [group[at] for at in range(longest) for group in by_set.values() if at < len(group)]


def _cmrc() -> Iterator[str]:
    path = data_folder() / "zh_cmrc2018" / "squad-style-data" / "cmrc2018_dev.json"
    for article in json.loads(path.read_text("utf-8"))["data"]:
        yield from (paragraph["context"] for paragraph in article["paragraphs"])


def _prose(path: Path) -> str:
    text = _CODE.sub("", _FRONT_MATTER.sub("", path.read_text("utf-8", "replace")))
    for pattern, words in _LINKS:
        text = pattern.sub(words, text)
    return _MARKS.sub("", text)


def _places(name: str, document: str, text: str, fits: "type[bool] | object") -> Iterator[Place]:
    assert callable(fits)
    spans = sentences(text)
    said = [text[start:end] for start, end in spans]
    for at, sentence in enumerate(said):
        if fits(sentence):
            yield Place(
                set=name,
                document=document,
                sentence=sentence,
                before=said[at - 1] if at and "\n\n" not in text[spans[at - 1][1] : spans[at][0]] else "",
                after=said[at + 1]
                if at + 1 < len(said) and "\n\n" not in text[spans[at][1] : spans[at + 1][0]]
                else "",
                part=part_of(f"{name}/{document}"),
            )


def _is_english(sentence: str) -> bool:
    words = sentence.split()
    plain = sentence[:1].isupper() and sentence.endswith(".") and not _ODD.search(sentence)
    return plain and 7 <= len(words) <= 30 and cjk_share(sentence) == 0


def _is_chinese(sentence: str) -> bool:
    plain = sentence.endswith("。") and not _ODD.search(sentence)
    return plain and 12 <= len(sentence) <= 70 and cjk_share(sentence) > 0.6
