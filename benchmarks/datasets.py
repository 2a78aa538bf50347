"""Converts public sets to the folders and files that `vade eval` and `vade ask --questions` read.

    python -m benchmarks.datasets scifact OUT

The sets are read from `VADE_DATA`, by default `../shared/data` beside the project. Every set has two parts:
`train` is for choosing, `test` is for reporting. SciFact is divided by its authors, the others by the
parity of a question's (or its document's) position in the file, so a part never changes.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from benchmarks.answer_sets import clapnq, cmrc, tatqa
from benchmarks.search_sets import (
    arduino,
    d365,
    dji,
    esp_en,
    esp_en_titled,
    esp_zh,
    esp_zh_en,
    esp_zh_titled,
    runbooks,
    scifact,
)

Write = Callable[[Path], None]

SEARCH_SETS: dict[str, Write] = {
    "scifact": scifact,
    "esp-en": esp_en,
    "esp-zh": esp_zh,
    "esp-zh-en": esp_zh_en,
    "esp-en-titled": esp_en_titled,
    "esp-zh-titled": esp_zh_titled,
    "runbooks": runbooks,
    "arduino": arduino,
    "d365": d365,
    "dji": dji,
}
ANSWER_SETS: dict[str, Write] = {"clapnq": clapnq, "cmrc": cmrc, "tatqa": tatqa}
SETS = {**SEARCH_SETS, **ANSWER_SETS}


def main() -> None:
    """Write one set."""
    parser = argparse.ArgumentParser(description="Write one set as an evaluation folder.")
    parser.add_argument("name", choices=sorted(SETS))
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    SETS[arguments.name](arguments.out)


if __name__ == "__main__":
    main()
