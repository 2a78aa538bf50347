"""The command line of models: `vade model …`."""

from pathlib import Path
from typing import Any

import click

from api.terminal import Terminal, exit_with_errors, json_option

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def model() -> None:
    """Choose, fetch and try out models that write, embed or rerank; serve those that write.

    Nothing is fetched but by `vade model pull`. To use a model that writes, set VADE_LLM__GENERATOR to
    `engine`, `hf` or `remote`, and VADE_LLM__MODEL to its folder; one that embeds or reranks is named
    in VADE_LLM__EMBEDDER or VADE_LLM__RERANKER.
    """


@model.command(name="list")
@click.option(
    "--context", default=8192, show_default=True, type=click.IntRange(1), help="Tokens of each request."
)
@click.option("--batch", default=1, show_default=True, type=click.IntRange(1), help="Requests at once.")
@json_option
@exit_with_errors
def list_models(as_json: bool, **options: Any) -> int:
    """List models by tier: size, licence, memory for a context and a batch, what runs them."""
    from api.commands.model import run_list

    return run_list(Terminal(as_json), **options)


@model.command()
@click.argument("name", metavar="NAME|OWNER/NAME")
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Default: models/ in the data folder.",
)
@click.option("--revision", default="main", show_default=True, help="A branch, tag or commit.")
@click.option("--hub", metavar="URL", help="A mirror instead of Hugging Face.")
@json_option
@click.pass_obj
@exit_with_errors
def pull(data_dir: Path | None, as_json: bool, **options: Any) -> int:
    """Fetch a model from Hugging Face: safetensors and texts only, each file checked by its hash.

    Run it again to resume. The commit is kept beside the files and holds from then on.
    """
    from api.commands.model import run_pull

    return run_pull(data_dir, Terminal(as_json), **options)


@model.command()
@click.argument("folder", type=_FOLDER, metavar="DIR")
@json_option
@click.pass_obj
@exit_with_errors
def check(data_dir: Path | None, as_json: bool, folder: Path) -> int:
    """Load a folder with the settings in force, ask it one thing, and say how that went.

    Tells by itself whether the model writes, embeds or reranks.
    """
    from api.commands.model import run_check

    return run_check(data_dir, Terminal(as_json), folder)


@model.command()
@click.argument("folder", type=_FOLDER, metavar="DIR")
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
@exit_with_errors
def serve(**options: Any) -> int:
    """Serve a folder with vLLM, if that is installed, for the generator `remote`.

    Ask it with VADE_LLM__GENERATOR=remote, VADE_LLM__REMOTE__MODEL=NAME, VADE_LLM__REMOTE__DIALECT=vllm.
    """
    from api.commands.model import run_serve

    return run_serve(**options)
