"""A formula of an Office file on one line of LaTeX, so that fractions, powers and limits are not lost."""

from collections.abc import Callable

from ingest.parsers.office.parts import M, Node, value

# Operators with a command of their own in LaTeX; other characters stand for themselves.
_LARGE = {"∑": "\\sum", "∏": "\\prod", "∫": "\\int", "∬": "\\iint", "⋃": "\\bigcup", "⋂": "\\bigcap"}
_FUNCTIONS = frozenset(
    "sin cos tan cot sec csc sinh cosh tanh log ln lg exp lim max min sup inf det gcd".split()
)
_MAX_DEPTH = 40


def formula(node: Node, depth: int = 0) -> str:
    """Return the formula of an `m:oMath` or of a part of one."""
    if depth > _MAX_DEPTH:
        return "".join(part.text or "" for part in node.iter(f"{M}t"))
    parts: list[str] = []
    for child in node:
        kind = str(child.tag).removeprefix(M)
        if kind == "r":
            parts.append("".join(part.text or "" for part in child.iter(f"{M}t")))
        elif kind in _WRITERS:
            parts.append(_WRITERS[kind](child, depth))
        elif not kind.endswith("Pr"):
            parts.append(formula(child, depth + 1))
    return "".join(parts)


def _part(node: Node, name: str, depth: int) -> str:
    found = node.find(f"{M}{name}")
    return "" if found is None else formula(found, depth + 1).strip()


def _sign(node: Node, properties: str, name: str, otherwise: str) -> str:
    found = node.find(f"{M}{properties}/{M}{name}")
    return otherwise if found is None else value(found, f"{M}val")


def _fraction(node: Node, depth: int) -> str:
    return f"\\frac{{{_part(node, 'num', depth)}}}{{{_part(node, 'den', depth)}}}"


def _scripts(node: Node, depth: int) -> str:
    low, high = _part(node, "sub", depth), _part(node, "sup", depth)
    return _part(node, "e", depth) + (f"_{{{low}}}" if low else "") + (f"^{{{high}}}" if high else "")


def _root(node: Node, depth: int) -> str:
    degree = _part(node, "deg", depth)
    return f"\\sqrt{f'[{degree}]' if degree else ''}{{{_part(node, 'e', depth)}}}"


def _large(node: Node, depth: int) -> str:
    sign = _sign(node, "naryPr", "chr", "∫")
    low, high = _part(node, "sub", depth), _part(node, "sup", depth)
    limits = (f"_{{{low}}}" if low else "") + (f"^{{{high}}}" if high else "")
    return f"{_LARGE.get(sign, sign)}{limits} {_part(node, 'e', depth)}"


def _bracketed(node: Node, depth: int) -> str:
    inner = _sign(node, "dPr", "sepChr", "|").join(
        formula(one, depth + 1).strip() for one in node.findall(f"{M}e")
    )
    return f"{_sign(node, 'dPr', 'begChr', '(')}{inner}{_sign(node, 'dPr', 'endChr', ')')}"


def _function(node: Node, depth: int) -> str:
    name = _part(node, "fName", depth)
    bare = next(
        (known for known in _FUNCTIONS if name == known or name.startswith((f"{known}_", f"{known}^"))), ""
    )
    return f" {chr(92) if bare else ''}{name} {_part(node, 'e', depth)}"


def _limit(node: Node, depth: int) -> str:
    raised = str(node.tag) == f"{M}limUpp"
    return f"{_part(node, 'e', depth)}{'^' if raised else '_'}{{{_part(node, 'lim', depth)}}}"


def _rows(node: Node, depth: int) -> str:
    rows = node.findall(f"{M}mr") or [node]
    cells = ["& ".join(formula(one, depth + 1).strip() + " " for one in row.findall(f"{M}e")) for row in rows]
    return " \\\\ ".join(cells)


_WRITERS: dict[str, Callable[[Node, int], str]] = {
    "f": _fraction,
    "sSup": _scripts,
    "sSub": _scripts,
    "sSubSup": _scripts,
    "sPre": _scripts,
    "rad": _root,
    "nary": _large,
    "d": _bracketed,
    "func": _function,
    "limLow": _limit,
    "limUpp": _limit,
    "m": _rows,
    "eqArr": _rows,
}
