"""Every command prints by one function, which lets nothing steer the terminal."""

import ast

from unit import product

PRINTS = "api/cli/terminal.py"
PRINTING = {"echo", "secho", "print", "echo_via_pager"}


def test_nothing_prints_past_the_terminal() -> None:
    past = [
        f"{name}:{node.lineno}: print with `api.cli.terminal.echo`, which escapes what steers a terminal"
        for name, module in product.modules()
        if name != PRINTS and not name.startswith("ingest/sandbox/")
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and _prints(node.func)
    ]
    assert not past, "\n".join(past)


def _prints(called: ast.expr) -> bool:
    if isinstance(called, ast.Attribute):
        return called.attr in PRINTING and isinstance(called.value, ast.Name) and called.value.id == "click"
    return isinstance(called, ast.Name) and called.id == "print"
