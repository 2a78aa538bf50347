"""`vade model`."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from api.commands.model_retrievers import columns, reader_text, readers_text
from api.terminal import DONE, WITH_FAILURES, Terminal
from core.settings import load_settings
from llm.models.catalogue import CATALOGUE, ModelCard, repository_of
from llm.models.pull import HUB, pull
from llm.models.retriever_catalogue import RETRIEVERS
from llm.models.retriever_check import check_retriever, kind_of
from llm.models.vllm_server import run_child, vllm_command

_GB = 1e9
_COLUMNS = ("tier", "name", "size", "licence", "context", "weights", "8 bit", "KV", "INT8 KV", "runs in")


def run_list(terminal: Terminal, context: int, batch: int) -> int:
    """List the catalogue."""
    models = [_card_json(card, context, batch) for card in CATALOGUE]
    terminal.result(
        {
            "context_tokens": context,
            "batch": batch,
            "models": models,
            "readers": [asdict(card) for card in RETRIEVERS],
        },
        lambda: f"{_cards_text(models, context, batch)}\n\n{readers_text(RETRIEVERS)}",
    )
    return DONE


def run_pull(
    data_dir: Path | None, terminal: Terminal, name: str, folder: Path | None, revision: str, hub: str | None
) -> int:
    """Fetch what is missing of a model."""
    repository, short = repository_of(name)
    folder = folder or load_settings(data_dir).data_dir / "models" / short
    commit = pull(repository, folder, revision, (hub or HUB).rstrip("/"), _progress(terminal))
    terminal.result(
        {"repository": repository, "commit": commit, "folder": str(folder)},
        lambda: f"{repository} at {commit} is whole in {folder}.\nTry it out: vade model check {folder}",
    )
    return DONE


def run_check(data_dir: Path | None, terminal: Terminal, folder: Path) -> int:
    """Try a folder out."""
    settings = load_settings(data_dir).llm
    if kind_of(folder) != "chat":
        read = check_retriever(folder, settings)
        terminal.result({"folder": str(folder), **asdict(read)}, lambda: reader_text(read, folder))
        return DONE
    from llm.models.generator_check import check

    report = asdict(check(folder, settings))
    terminal.result({"folder": str(folder), "kind": "chat", **report}, lambda: _check_text(report))
    return DONE


def run_serve(folder: Path, name: str | None, host: str, port: int, context: int) -> int:
    """Serve until stopped."""
    name = name or folder.resolve().name
    code = run_child(vllm_command(folder, name, host, port, context))
    if code:
        click.echo(f"vade: vLLM ended with exit code {code}", err=True)
    return WITH_FAILURES if code else DONE


def _card_json(card: ModelCard, context: int, batch: int) -> dict[str, Any]:
    context = min(context, card.context)
    return {
        "name": card.name,
        "repository": card.repository,
        "tier": card.tier,
        "parameters": int(card.parameters),
        "active_parameters": int(card.active),
        "licence": card.licence,
        "context_tokens": card.context,
        "weight_bytes": {"bfloat16": card.weight_bytes(), "8 bit": card.weight_bytes("8 bit")},
        "kv_bytes": {kind: card.kv_bytes(context, batch, kind) for kind in ("model", "int8")}
        if card.kv
        else None,
        "backends": list(card.backends),
    }


def _cards_text(models: Sequence[dict[str, Any]], context: int, batch: int) -> str:
    table = columns([_COLUMNS, *map(_card_row, models)])
    requests = "1 request" if batch == 1 else f"{batch} requests"
    notes = [
        f"Memory in GB: weights in bfloat16 and in 8 bit; KV pages of {requests} of {context:,} tokens,",
        "or of the model's whole context, in bfloat16 and in INT8.",
        "Size: parameters in billions, all and active. Read the licence again before use.",
    ]
    return "\n".join([*table, "", *notes])


def _card_row(model: dict[str, Any]) -> tuple[str, ...]:
    memory = [*model["weight_bytes"].values(), *(model["kv_bytes"] or {"model": None, "int8": None}).values()]
    return (
        model["tier"],
        model["name"],
        f"{model['parameters'] / 1e9:.3g}/{model['active_parameters'] / 1e9:.3g}",
        model["licence"],
        f"{model['context_tokens']:,}",
        *("–" if size is None else f"{size / _GB:.1f}" for size in memory),
        ", ".join(model["backends"]),
    )


def _check_text(report: dict[str, Any]) -> str:
    if report["refusal"]:
        verdict = f"Not for the engine: {report['refusal']}.\nTried with `hf` instead, context {{context}}."
    else:
        verdict = (
            f"The engine runs it: context {{context}}, {report['kv_bytes_per_token']:,} bytes of KV a token, "
            f"pages for {report['kv_tokens']:,} tokens."
        )
    return "\n".join([
        f"{report['model_type']}, {report['parameters'] / 1e9:.3g} billion parameters, "
        f"{report['weight_bytes'] / _GB:.1f} GB of weights, loaded in {report['load_seconds']:.1f} s.",
        verdict.format(context=f"{report['max_context_tokens']:,} tokens"),
        f"First token after {report['first_token_seconds']:.2f} s, "
        f"{report['tokens_per_second']:.1f} tokens/s for one request; "
        f"peak memory {report['peak_bytes'] / _GB:.1f} GB.",
        f"It said: {report['text']!r}",
    ])  # fmt: skip


def _progress(terminal: Terminal) -> Callable[[str, int, int], None]:
    """Return what tells a person at a terminal how far a file has come."""
    if terminal.as_json or not sys.stderr.isatty():
        return lambda name, done, size: None

    def show(name: str, done: int, size: int) -> None:
        share = f"{done / size:4.0%} of {size / _GB:.2f} GB" if size else f"{done / _GB:.2f} GB"
        click.echo(f"\r{name}: {share}", nl=done == size, err=True)

    return show
