"""The unit, currency or percent sign that a workbook's number format adds to a number."""

import re
from functools import lru_cache

_LITERAL = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)(?:-[^\]]*)?\]|([$€£¥])|_.|\*.|\[[^\]]*\]')
_CODE = re.compile(r"0{2,30}")
_DIGITS = re.compile(r"[0#?](?:[0#?.,/\s]|E[+-])*")
_LETTER = re.compile(r"[^\W\d_]|[%$€£¥°‰]")


@lru_cache(maxsize=1024)
def affixes(number_format: str) -> tuple[str, str, bool]:
    """Return the texts before and behind a number, and whether the number is a share shown in percent.

    Only texts with a meaning count, such as `kg`, `$` or `°C`; signs and blanks for alignment do not.
    """
    section = number_format.partition(";")[0]
    digits = _DIGITS.search(_LITERAL.sub(_blanked, section))
    if digits is None:
        return "", "", False
    before, behind = section[: digits.start()], section[digits.end() :]
    return _said(before), _said(behind), "%" in _LITERAL.sub("", section)


def with_affixes(text: str, number_format: str) -> str:
    """Return a number with the texts that its format adds; the number itself is not rounded.

    A format of zeros alone is for codes: the number is padded with zeros in front.
    """
    if _CODE.fullmatch(number_format):
        return text.zfill(len(number_format)) if text.isdigit() else text
    before, behind, _ = affixes(number_format)
    joint = "" if behind in ("", "%", "°", "‰") else " "
    lead = before if len(before) <= 1 or not before else f"{before} "
    return f"{lead}{text}{joint}{behind}"


def _blanked(match: re.Match[str]) -> str:
    return "\0" * len(match.group())


def _said(text: str) -> str:
    """Return the literal text in a part of a format."""
    words = "".join(
        next((group for group in match.groups() if group is not None), "")
        for match in _LITERAL.finditer(text)
    )
    words += "%" if "%" in _LITERAL.sub("", text) else ""
    return words.strip() if _LETTER.search(words) else ""
