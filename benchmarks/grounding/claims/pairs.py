"""The pairs: a sentence, its source, and whether the source says it.

True ones are human answers of ClapNQ beside the sentences that their writers marked as the source, sentences
of documents after edits that keep what they say, and pairs written by hand. False ones are sentences of
documents and human answers after one edit that changes what they say, half of them on top of edits that keep
it, and pairs written by hand. Everything follows from the files and the seeds here. `train` is for tuning,
`test` is reported.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice
from pathlib import Path
from random import Random

from benchmarks.grounding.claims import chinese_edits, falsehoods, paraphrases
from benchmarks.grounding.claims.documents import Place, chinese, english, part_of
from benchmarks.grounding.claims.falsehoods import Material
from benchmarks.set_folders import data_folder, read_lines
from core.text.language import sentences

SEED = 20261128
# Of each part: human answers, true and false edits of either language, and false edits of human answers.
HUMAN, TRUE_EACH, FALSE_EACH, FALSE_HUMAN = 85, 85, 105, 45
_OWN_WORDS = Path(__file__).with_name("own_words.jsonl")
_FEWEST_WORDS = 5
# The share of edited sentences that get an opening such as "Note that".
_LEAD_INS = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A sentence beside its source."""

    part: str
    kind: str
    """Where it comes from, and the edits that made it."""
    sentence: str
    source: str
    headings: str
    true: bool
    changed: tuple[str, ...] = ()
    """What an edit made false, where it put something in: the words, of Chinese the characters."""


def samples() -> list[Sample]:
    """Return all pairs of both parts."""
    return [*_own_words(), *_human(), *_edited(english(), _ENGLISH), *_edited(chinese(), _CHINESE)]


def _own_words() -> Iterator[Sample]:
    for line in read_lines(_OWN_WORDS):
        yield Sample(
            part=part_of(line["source"]), kind="by hand", sentence=line["sentence"], source=line["source"],
            headings=line.get("headings", ""), true=line["true"],
        )  # fmt: skip


def _human() -> Iterator[Sample]:
    """Yield human answers that are not copied word for word, and some of them after a false edit."""
    path = data_folder() / "qa_clapnq" / "annotated_data" / "dev" / "clapnq_dev_answerable.jsonl"
    for part in ("train", "test"):
        found = list(islice(_answers(path, part), HUMAN))
        yield from found
        random = Random(f"{SEED} human {part}")
        made = (_false(each, random) for each in random.sample(found, len(found)))
        yield from islice((each for each in made if each), FALSE_HUMAN)


def _answers(path: Path, part: str) -> Iterator[Sample]:
    """Yield the sentences of human answers, without those in `unfaithful.json`.

    Those add to their source or contradict it; they were marked by reading sentence and source, before the
    checker had judged any answer of `test`.
    """
    unfaithful = set(json.loads(Path(__file__).with_name("unfaithful.json").read_text("utf-8")))
    for number, line in enumerate(read_lines(path)):
        if part_of(f"clapnq/{line['passages'][0]['title']}") != part:
            continue
        output = line["output"][0]
        source = "\n".join(output["selected_sentences"])
        for at, (start, end) in enumerate(sentences(output["answer"] or "")):
            said = output["answer"][start:end]
            if (
                len(said.split()) < _FEWEST_WORDS
                or _bare(said) in _bare(source)
                or f"{number}.{at}" in unfaithful
            ):
                continue
            yield Sample(
                part=part, kind=f"human {number}.{at}", sentence=said, source=source,
                headings=line["passages"][0]["title"], true=True,
            )  # fmt: skip


def _put_in(before: str, after: str) -> tuple[str, ...]:
    """Return the words or Chinese characters of `after` that `before` has not."""
    cut = re.compile(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+")
    old, new = cut.findall(before), cut.findall(after)
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    added = (word for tag, _, _, start, end in codes if tag != "equal" for word in new[start:end])
    return tuple(word for word in added if word not in old)


def _bare(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()


def _false(sample: Sample, random: Random) -> Sample | None:
    material = Material(random=random, part=sample.part, nouns=_nouns(sample.source), numbers=())
    for edit in random.sample(falsehoods.EDITS, len(falsehoods.EDITS)):
        changed = edit(sample.sentence, material)
        if changed and _bare(changed) not in _bare(sample.source):
            return Sample(
                part=sample.part, kind=f"human, {edit.__name__}", sentence=changed, source=sample.source,
                headings=sample.headings, true=False, changed=_put_in(sample.sentence, changed),
            )  # fmt: skip
    return None


@dataclass(frozen=True, slots=True)
class _Language:
    name: str
    keeping: Sequence[Callable[[str, Random, str], str | None]]
    changing: Sequence[Callable[[str, Material], str | None]]
    nouns: Callable[[str], list[str]]
    lead_in: Callable[[str, Random, str], str | None]


def _nouns(text: str) -> list[str]:
    words = re.findall(r"\b[A-Za-z]{5,}\b", text)
    return [word for word in dict.fromkeys(words) if word.lower() not in falsehoods._COMMON]


def _chinese_nouns(text: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r"(?<=[的在为是和与])[\u4e00-\u9fff]{2,4}(?=[，。、的])", text)))


_ENGLISH = _Language("en", paraphrases.EDITS, falsehoods.EDITS, _nouns, paraphrases.lead_in)
_CHINESE = _Language(
    "zh", chinese_edits.KEEPING, chinese_edits.CHANGING, _chinese_nouns, chinese_edits.lead_in
)


def _edited(places: list[Place], language: _Language) -> Iterator[Sample]:
    texts: dict[str, str] = {}
    for place in places:
        texts[place.document] = texts.get(place.document, "") + " " + place.sentence
    for part in ("train", "test"):
        random = Random(f"{SEED} {language.name} {part}")
        mine = iter([place for place in places if place.part == part])
        yield from islice(_balanced(_true(place, language, random) for place in mine), TRUE_EACH)
        made = (_falsified(place, language, random, texts[place.document]) for place in mine)
        yield from islice(_balanced(made), FALSE_EACH)


def _balanced(made: Iterator[Sample | None]) -> Iterator[Sample]:
    """Yield the samples, no kind of edit more than twice as often as the rarest but one share of all."""
    counts: dict[str, int] = {}
    for sample in made:
        if sample is None:
            continue
        main = sample.kind.rpartition(" ")[2]
        if counts.get(main, 0) <= 2 * (1 + sum(counts.values()) // max(8, len(counts))):
            counts[main] = counts.get(main, 0) + 1
            yield sample


def _source(place: Place, random: Random) -> str:
    """Return the sentence as a source: alone, or between its neighbours."""
    around = [place.before, place.sentence, place.after] if random.random() < 0.5 else [place.sentence]
    return "\n".join(filter(None, around))


def _kept(sentence: str, language: _Language, random: Random, part: str, most: int) -> tuple[str, list[str]]:
    """Return the sentence after up to `most` edits that keep what it says, and their names."""
    names: list[str] = []
    for edit in random.sample(list(language.keeping), len(language.keeping)):
        changed = edit(sentence, random, part) if len(names) < most else None
        if changed and changed != sentence:
            sentence = changed
            names.append(edit.__name__)
    if names and most > 1 and random.random() < _LEAD_INS:
        return language.lead_in(sentence, random, part) or sentence, [*names, "lead_in"]
    return sentence, names


def _true(place: Place, language: _Language, random: Random) -> Sample | None:
    sentence, names = _kept(place.sentence, language, random, place.part, random.choice((1, 2, 3)))
    if not names:
        return None
    return Sample(
        part=place.part, kind=f"{language.name} {place.set} {'+'.join(names)}", sentence=sentence,
        source=_source(place, random), headings="", true=True,
    )  # fmt: skip


def _falsified(place: Place, language: _Language, random: Random, document: str) -> Sample | None:
    source = _source(place, random)
    numbers = re.findall(r"(?<![\w.,:/-])\d+(?:[.,]\d+)*(?![\w/:-])", source.replace(place.sentence, ""))
    material = Material(random=random, part=place.part, nouns=language.nouns(document), numbers=numbers)
    sentence = place.sentence
    if random.random() < 0.5:
        sentence, _ = _kept(sentence, language, random, place.part, 1)
    for edit in random.sample(list(language.changing), len(language.changing)):
        changed = edit(sentence, material)
        if changed and _bare(changed) not in _bare(source) and _bare(changed) != _bare(sentence):
            return Sample(
                part=place.part, kind=f"{language.name} {place.set} {edit.__name__}", sentence=changed,
                source=source, headings="", true=False, changed=_put_in(sentence, changed),
            )  # fmt: skip
    return None
