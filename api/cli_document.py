"""The command line of single documents: `vade document …`."""

from pathlib import Path

import click

from api.terminal import Terminal, exit_with_errors, json_option


@click.group()
def document() -> None:
    """Show a document and what is inside it, or erase it for good."""


@document.command()
@click.argument("uri", metavar="URI|PATH")
@json_option
@click.pass_obj
@exit_with_errors
def show(data_dir: Path | None, as_json: bool, uri: str) -> int:
    """Show where a document stands, who may read it, and what is to be known of how it was read."""
    from api.commands.document import run_show

    return run_show(data_dir, Terminal(as_json), uri)


@document.command()
@click.argument("uri", metavar="URI|PATH")
@json_option
@click.pass_obj
@exit_with_errors
def delete(data_dir: Path | None, as_json: bool, uri: str) -> int:
    """Erase all versions of a document, from every file, and print the receipt.

    It cannot be found any more at once. What its source still holds comes back with the next run:
    remove it there first.
    """
    from api.commands.document import run_delete

    return run_delete(data_dir, Terminal(as_json), uri)


@document.command()
@click.argument("number", required=False, type=int, metavar="[RECEIPT]")
@json_option
@click.pass_obj
@exit_with_errors
def receipt(data_dir: Path | None, as_json: bool, number: int | None) -> int:
    """Show receipts, or one of them, and prove anew that nothing of it is left."""
    from api.commands.document import run_receipt

    return run_receipt(data_dir, Terminal(as_json), number)
