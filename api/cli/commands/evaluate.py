"""`vade eval`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli.options import Asker, asker_options
from api.cli.terminal import DONE, Terminal, printing
from core.errors import InputError

if TYPE_CHECKING:
    from api.cli.measurement import Measured
    from core.settings import Settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(name="eval")
@click.argument("folder", required=False, type=_FOLDER, metavar="[DIR]")
@click.option("--split", default="test", show_default=True, help="Which qrels/SPLIT.tsv to judge by.")
@click.option("--answers", type=_FILE, metavar="FILE.jsonl", help="Measure answers to these questions.")
@click.option("--documents", type=_FOLDER, metavar="DIR", help="Ask over this folder, not over your data.")
@click.option(
    "--compare", multiple=True, metavar="KEY=VALUE", help="Measure again with this setting; repeatable."
)
@asker_options()
@printing
def evaluate(  # noqa: PLR0913, PLR0917 (its options)
    terminal: Terminal,
    folder: Path | None,
    split: str,
    answers: Path | None,
    documents: Path | None,
    compare: tuple[str, ...],
    asker: Asker,
) -> int:
    """Measure the search on a folder in BEIR layout: corpus.jsonl, queries.jsonl, qrels/*.tsv.

    Or measure answers and refusals: --answers names a file with one question a line, {"id",
    "question", "answers": [...], "answerable": true, "gold_documents": [...]}. With "facts", a
    list of lists of wordings, the figures tell which facts are said and how many answers are
    complete, also by "kind"; "ordered" facts are steps, "verdict" is yes or no, and "history" is
    the conversation before the question.

    A corpus, or --documents, is ingested into a data folder of its own, once; search and answers
    are the real ones. Every figure comes with its 95 % bootstrap interval. With --compare
    retrieval.dense_weight=0 both configurations stand side by side, with a paired test.
    """
    from api.cli.evaluation_table import comparison_json, figures_json, table_text
    from api.cli.measurement import measure_answers, measure_search
    from core.settings import load_settings

    def measure(settings: Settings) -> Measured:
        if folder is not None and answers is None:
            return measure_search(settings, folder, split, terminal.progress)
        if answers is not None and folder is None:
            return measure_answers(settings, answers, documents, asker.scope, terminal.progress)
        raise InputError("give a folder in BEIR layout, or a file of questions with --answers")

    measured = measure(load_settings(terminal.data_dir))
    head = {"answers": str(answers)} if answers else {"folder": str(folder), "split": split}
    document = {**head, **figures_json(measured)}
    if not compare:
        terminal.result(document, lambda: table_text(measured))
        return DONE
    other = measure(load_settings(terminal.data_dir, **_overrides(compare)))
    document["compared"] = {"with": list(compare), **comparison_json(measured, other)}
    terminal.result(document, lambda: table_text(measured, other))
    return DONE


def _overrides(changes: Sequence[str]) -> dict[str, Any]:
    """Return `retrieval.dense_weight=0.7` and the like as nested settings.

    Raises: InputError if one has no value.
    """
    nested: dict[str, Any] = {}
    for change in changes:
        path, separator, value = change.partition("=")
        *groups, key = path.strip().split(".")
        if not separator or not key:
            raise InputError(f"--compare {change}: write it as retrieval.dense_weight=0.7")
        place = nested
        for group in groups:
            place = place.setdefault(group, {})
        place[key] = value.strip()
    return nested
