"""Tables and reports of `vade model` about embedders and rerankers."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llm.models.packages.catalogue import PackagedModel
from llm.models.retriever_catalogue import RetrieverCard

if TYPE_CHECKING:
    from llm.models.retriever_check import RetrieverReport

_COLUMNS = ("kind", "name", "size", "licence", "tokens", "vector", "languages")


def retrievers_text(cards: Sequence[RetrieverCard]) -> str:
    """Return embedders and rerankers as a table."""
    rows = [
        (
            card.kind,
            card.name,
            f"{card.parameters / 1e6:.0f} M",
            card.licence,
            f"{card.tokens:,}",
            f"{card.dimension:,}" if card.dimension else "–",
            card.languages,
        )
        for card in cards
    ]
    prompts = [
        f"{card.name} wants llm.question_prompt = {card.prompts[0]!r} "
        f"and llm.passage_prompt = {card.prompts[1]!r}."
        for card in cards
        if card.prompts
    ]
    return "\n".join([*columns([_COLUMNS, *rows]), "", *prompts])


def packaged_json(model: PackagedModel) -> dict[str, Any]:
    """Return where the weights of a model come from, with licences and hashes."""
    return {
        "name": model.card,
        "model": model.original.repository,
        "licence": model.original.licence,
        "package": model.package,
        "version": model.version,
        "package_licence": model.package_licence,
        "files": model.files,
    }


def packaged_text(models: Sequence[PackagedModel]) -> str:
    """Return the models that a Python package carries as a table."""
    header = ("name", "package", "its licence", "model", "its licence")
    rows = [
        (
            model.card,
            f"{model.package} {model.version}",
            model.package_licence,
            model.original.repository,
            model.original.licence,
        )
        for model in models
    ]
    return "\n".join(["Weights in Python packages, for `vade model add`:", *columns([header, *rows])])


def added_text(model: PackagedModel, folder: Path, is_new: bool) -> str:
    """Return what `vade model add` did, and the setting that uses the folder."""
    key = "EMBEDDER" if model.pooling else "RERANKER"
    said = "Written as data, without running code of the package, to" if is_new else "It is already in"
    return "\n".join([
        f"{model.original.repository} ({model.original.licence}) from {model.package} {model.version} "
        f"({model.package_licence}):",
        *(f"  {name}, SHA-256 {digest}" for name, digest in model.files.items()),
        f"{said} {folder}.",
        f"Try it out: vade model check {folder}",
        f"Use it: VADE_LLM__{key}={folder}",
    ])  # fmt: skip


def retriever_report_text(report: "RetrieverReport", folder: Path) -> str:
    """Return the report of an embedder or a reranker, and the setting that uses it."""
    pairs = (
        f"Question and answer {report.matching:.2f}, question and another sentence {report.unrelated:.2f}"
        f"{'' if report.matching > report.unrelated else ': it cannot distinguish them'}."
    )
    speed = f"Loaded in {report.load_seconds:.1f} s; {report.passages_per_second:.1f} passages/s."
    if report.kind == "reranker":
        return "\n".join(
            [f"A reranker: {report.name}.", pairs, speed, f"Use it: VADE_LLM__RERANKER={folder}"]
        )
    prompts = (
        f"prompts {report.question_prompt!r} and {report.passage_prompt!r}"
        if report.question_prompt or report.passage_prompt
        else "no prompts"
    )
    return "\n".join([
        f"An embedder: {report.name}, {report.dimension} numbers, {report.max_tokens:,} tokens, "
        f"pooling {report.pooling}, {prompts}; "
        f"it reads {'' if report.reads_cjk else 'no '}Chinese, Japanese and Korean.",
        pairs,
        speed,
        f"Use it: VADE_LLM__EMBEDDER={folder}",
    ])  # fmt: skip


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
