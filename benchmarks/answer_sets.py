"""Public sets as answer sets: questions with the words that answer them, or without an answer."""

import json
from pathlib import Path

from benchmarks.set_folders import PARTS, Json, data_folder, read_lines, write_answer_set

# Kinds of TAT-QA questions whose answer stands in the table or the text as it is.
_STANDS_THERE = {"span", "multi-span"}


def clapnq(out: Path) -> None:
    """Questions with one passage each, and as many without an answer, for answers and refusals.

    `answers` are the sentences that the annotators chose, or what they wrote where they chose none.
    """
    folder = data_folder() / "qa_clapnq" / "annotated_data" / "dev"
    documents: list[tuple[str, str]] = []
    questions: dict[str, list[Json]] = {part: [] for part in PARTS}
    for name, answerable in (("answerable", True), ("unanswerable", False)):
        for position, line in enumerate(read_lines(folder / f"clapnq_dev_{name}.jsonl")):
            passage = line["passages"][0]
            file = f"{line['id']}.md"
            documents.append((file, f"# {passage['title']}\n\n{passage['text']}\n"))
            gold = _gold(line["output"]) if answerable else []
            questions[PARTS[position % 2]].append(
                _question(line["id"], line["input"], gold, file, answerable)
            )
    write_answer_set(out, documents, questions)


def cmrc(out: Path) -> None:
    """Chinese questions with the words that answer them, divided by paragraph."""
    path = data_folder() / "zh_cmrc2018" / "squad-style-data" / "cmrc2018_dev.json"
    articles = json.loads(path.read_text("utf-8"))["data"]
    paragraphs = [paragraph for article in articles for paragraph in article["paragraphs"]]
    documents = [(f"{paragraph['id']}.md", paragraph["context"] + "\n") for paragraph in paragraphs]
    questions: dict[str, list[Json]] = {part: [] for part in PARTS}
    for position, paragraph in enumerate(paragraphs):
        for entry in paragraph["qas"]:
            answers = sorted({answer["text"] for answer in entry["answers"]})
            questions[PARTS[position % 2]].append(
                _question(entry["id"], entry["question"], answers, f"{paragraph['id']}.md")
            )
    write_answer_set(out, documents, questions)


def tatqa(out: Path) -> None:
    """Questions on a table and the text around it, if their answer occurs there literally.

    `cells` are the answers of a question that the table answers; empty where one of them stands only in
    the table's head or nowhere in it, since no row holds that.
    """
    path = next((data_folder() / "table_tatqa").rglob("*.json"))
    documents: list[tuple[str, str]] = []
    questions: dict[str, list[Json]] = {part: [] for part in PARTS}
    for position, context in enumerate(json.loads(path.read_text("utf-8"))):
        file = f"{context['table']['uid']}.md"
        paragraphs = [paragraph["text"] for paragraph in context["paragraphs"]]
        head, rows = _headed(context["table"]["table"])
        documents.append((file, "\n\n".join([*paragraphs, _markdown([head, *rows])]) + "\n"))
        for entry in context["questions"]:
            if entry["answer_type"] in _STANDS_THERE:
                answers = [str(answer) for answer in entry["answer"]]
                question = _question(entry["uid"], entry["question"], answers, file)
                cells = answers if "table" in entry["answer_from"] else []
                question["cells"] = cells if _all_stand_in(rows, cells) else []
                questions[PARTS[position % 2]].append(question)
    write_answer_set(out, documents, questions)


def _headed(table: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """Return the head and the rows of a table; all rows above the first label are its head.

    Markdown has one line for a head: what stands in one column is joined.
    """
    first = next((number for number, row in enumerate(table) if number and row[0].strip()), 1)
    head = [" ".join(filter(None, map(str.strip, column))) for column in zip(*table[:first], strict=True)]
    return head, table[first:]


def _all_stand_in(rows: list[list[str]], answers: list[str]) -> bool:
    cells = {cell_key(cell) for row in rows for cell in row}
    return all(cell_key(answer) in cells for answer in answers)


def cell_key(text: str) -> str:
    """Return a cell in the form in which cells are compared: without white space, currency and case."""
    return "".join(text.split()).strip("$€£").casefold()


def _gold(outputs: list[Json]) -> list[str]:
    chosen = {text for output in outputs for text in output.get("selected_sentences") or [] if text.strip()}
    return sorted(chosen) or [output["answer"] for output in outputs if output["answer"]]


def _question(key: str, text: str, answers: list[str], file: str, answerable: bool = True) -> Json:
    return {
        "id": key,
        "question": text,
        "answers": answers,
        "answerable": answerable,
        "gold_documents": [file],
    }


def _markdown(table: list[list[str]]) -> str:
    lines = ["| " + " | ".join(" ".join(cell.split()) for cell in row) + " |" for row in table]
    return "\n".join([lines[0], "|" + " --- |" * len(table[0]), *lines[1:]])
