"""Public sets as search sets: questions, and the documents that answer them."""

import ast
import csv
import io
import json
import re
import sys
import tokenize
import zipfile
from collections.abc import Iterator
from pathlib import Path

import yaml

from benchmarks.set_folders import Json, data_folder, write_judgements, write_lines, write_search_set
from core.errors import EmptyDocumentError
from ingest.parsers.formats import parse

_MOST_BYTES = 2**20


def scifact(out: Path) -> None:
    """Claims to abstracts; `test` is the BEIR test set, which is the authors' validation claims."""
    csv.field_size_limit(sys.maxsize)
    with zipfile.ZipFile(data_folder() / "retrieval_scifact" / "data" / "scifact.zip") as archive:
        corpus = [
            {"_id": row["doc_id"], "title": row["title"], "text": " ".join(_strings(row["abstract"]))}
            for row in _table(archive, "corpus_train.csv")
        ]
        claims = {
            "train": list(_table(archive, "claims_train.csv")),
            "test": list(_table(archive, "claims_validation.csv")),
        }
    write_lines(out / "corpus.jsonl", corpus)
    queries = {row["id"]: row["claim"] for rows in claims.values() for row in rows}
    write_lines(out / "queries.jsonl", ({"_id": key, "text": text} for key, text in queries.items()))
    for part, rows in claims.items():
        pairs = {(row["id"], document) for row in rows for document in _ids(row["cited_doc_ids"])}
        write_judgements(out / "qrels" / f"{part}.tsv", sorted(pairs))


def esp_en(out: Path) -> None:
    """ESP-FAQ: English questions to English answers."""
    _esp_faq(out, asked="en", answered="en")


def esp_zh(out: Path) -> None:
    """ESP-FAQ: Chinese questions to Chinese answers."""
    _esp_faq(out, asked="zh_CN", answered="zh_CN")


def esp_zh_en(out: Path) -> None:
    """ESP-FAQ: Chinese questions to English answers."""
    _esp_faq(out, asked="zh_CN", answered="en")


def esp_en_titled(out: Path) -> None:
    """ESP-FAQ in English; an answer keeps the title of its page, as real documents do."""
    _esp_faq(out, asked="en", answered="en", titled=True)


def esp_zh_titled(out: Path) -> None:
    """ESP-FAQ in Chinese; an answer keeps the title of its page."""
    _esp_faq(out, asked="zh_CN", answered="zh_CN", titled=True)


def runbooks(out: Path) -> None:
    """The meaning of an alert to its diagnosis and mitigation, without the alert's name in that."""
    corpus: list[Json] = []
    queries = []
    for path in sorted((data_folder() / "fault_prometheus_runbooks").rglob("*.md")):
        parts = re.split(r"^## (.+?)\s*$", path.read_text("utf-8"), flags=re.MULTILINE)
        sections = dict(zip(parts[1::2], parts[2::2], strict=True))
        if not {"Meaning", "Diagnosis", "Mitigation"} <= set(sections):
            continue
        text = f"## Diagnosis\n{sections['Diagnosis']}\n## Mitigation\n{sections['Mitigation']}"
        corpus.append({"_id": path.stem, "title": "", "text": text.replace(path.stem, "")})
        queries.append((path.stem, sections["Meaning"].strip(), (path.stem,)))
    write_search_set(out, corpus, queries)


def arduino(out: Path) -> None:
    """Titles of help articles to their bodies."""
    articles = list(_articles(data_folder() / "fault_arduino_help" / "content"))
    corpus = [{"_id": key, "title": "", "text": body} for key, _, body in articles]
    write_search_set(out, corpus, [(key, str(front["title"]), (key,)) for key, front, _ in articles])


def d365(out: Path) -> None:
    """Chinese descriptions of troubleshooting articles to their bodies, first heading left out."""
    articles = [
        (key, str(front["description"]), re.sub(r"^# .*$", "", body, count=1, flags=re.MULTILINE))
        for key, front, body in _articles(data_folder() / "zh_d365_troubleshooting" / "articles")
    ]
    corpus = [{"_id": key, "title": "", "text": body} for key, _, body in articles]
    write_search_set(out, corpus, [(key, description, (key,)) for key, description, _ in articles])


def dji(out: Path) -> None:
    """Fault codes to their texts: the English text is the document, the bare code is asked for.

    `unknown.jsonl` asks for codes that differ from a known one in their last digit and do not exist.
    """
    path = next((data_folder() / "fault_dji_hms").rglob("*.json"))
    codes = json.loads(path.read_text("utf-8"))
    texts = {code: entry["en"] for code, entry in codes.items() if "en" in entry}
    corpus = [{"_id": code, "title": "", "text": f"{code}: {text}"} for code, text in texts.items()]
    write_search_set(out, corpus, [(code, f"What does {code} mean?", (code,)) for code in texts])
    known = {code.casefold() for code in texts}
    others = (re.sub(r"[0-9A-F](?=_in_the_sky|$)", "E", code, count=1) for code in list(texts)[::5])
    unknown = [code for code in dict.fromkeys(others) if code.casefold() not in known]
    write_lines(
        out / "unknown.jsonl",
        ({"id": code, "question": f"What does {code} mean?", "answerable": False} for code in unknown),
    )


def _esp_faq(out: Path, asked: str, answered: str, titled: bool = False) -> None:
    """Write questions in one language to answers in another; both have the same content in the same order."""
    corpus = [
        {"_id": str(number), "title": title if titled else "", "text": text}
        for number, (title, _, answer) in enumerate(_esp_faq_entries(answered))
        if (text := _rst_text(answer))
    ]
    known = {line["_id"] for line in corpus}
    questions = [(str(number), question) for number, (_, question, _) in enumerate(_esp_faq_entries(asked))]
    write_search_set(out, corpus, [(key, text, (key,)) for key, text in questions if key in known])


def _esp_faq_entries(language: str) -> Iterator[tuple[str, str, str]]:
    """Yield page title, question and answer in `en` or `zh_CN`, in the files' order."""
    for path in sorted((data_folder() / "fault_esp_faq").rglob(f"{language}/**/*.rst")):
        text = path.read_text("utf-8")
        title = re.search(r"^(\S.*)\n={4,}\s*$", text, flags=re.MULTILINE)
        parts = re.split(r"^(\S.*)\n-{4,}\s*$", text, flags=re.MULTILINE)
        for question, raw in zip(parts[1::2], parts[2::2], strict=True):
            answer = re.sub(r"^-{4,}\s*$", "", raw, flags=re.MULTILINE).strip()
            yield title[1].strip() if title else "", question.strip(), answer


def _rst_text(source: str) -> str:
    try:
        return parse(source.encode(), "answer.rst", _MOST_BYTES).text
    except EmptyDocumentError:
        return ""  # a heading without an answer of its own


def _articles(folder: Path) -> Iterator[tuple[str, Json, str]]:
    """Yield name, front matter and body of each Markdown article."""
    for path in sorted(folder.rglob("*.md")):
        found = re.match(r"\ufeff?---\n(.*?)\n---\n(.*)", path.read_text("utf-8"), flags=re.DOTALL)
        if found:
            yield path.stem, yaml.safe_load(found[1]), found[2]


def _table(archive: zipfile.ZipFile, name: str) -> Iterator[dict[str, str]]:
    with archive.open(name) as file:
        yield from csv.DictReader(io.TextIOWrapper(file, "utf-8"))


def _strings(printed: str) -> list[str]:
    """Return the strings of a printed array, which stand side by side without commas."""
    tokens = tokenize.generate_tokens(io.StringIO(printed).readline)
    return [_literal(token.string) for token in tokens if token.type == tokenize.STRING]


def _literal(source: str) -> str:
    return str(ast.literal_eval(source))


def _ids(printed: str) -> list[str]:
    return printed.strip("[]").replace(",", " ").split()
