"""Text recognition by RapidOCR, PaddleOCR's models on ONNX Runtime: English and Chinese, on one core.

The models lie inside the package and are named here by their paths; without paths, RapidOCR would
download them. Parsing processes may not start threads, so each step has one.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import rapidocr
from numpy.typing import NDArray

from ingest.parsers.pictures.recognition import RecognizedLine

_MODELS = Path(rapidocr.__file__).parent / "models"
# Lines are detected on a picture of at most this side, in a third of the time of the full size, and with
# the same lines on pages of 200 dots per inch. They are recognized in the full size.
_SEARCH_SIDE_PIXELS = 960
_PARAMETERS = {
    "Det.model_path": str(_MODELS / "PP-OCRv6_det_small.onnx"),
    "Det.limit_side_len": _SEARCH_SIDE_PIXELS,
    "Det.limit_type": "max",
    "Rec.rec_batch_num": 1,  # a larger batch pads its lines, which costs memory and saves no time
    "Rec.model_path": str(_MODELS / "PP-OCRv6_rec_small.onnx"),
    "Cls.model_path": str(_MODELS / "ch_ppocr_mobile_v2.0_cls_mobile.onnx"),
    "Global.use_cls": False,  # finds lines that stand upside down; scanned pages have none
    "Global.max_side_len": 4_000,
    "Global.log_level": "critical",
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}


class RapidRecognizer:
    """A `Recognizer` on RapidOCR."""

    def __init__(self) -> None:
        cv2.setNumThreads(0)
        self._engine: Any = rapidocr.RapidOCR(params=_PARAMETERS)

    def recognize(self, image: NDArray[np.uint8]) -> list[RecognizedLine]:
        """Return the lines; the engine leaves out those with a confidence below one half."""
        found = self._engine(image, return_word_box=True, return_single_char_box=True)
        if found.txts is None:
            return []
        characters = found.word_results
        # The engine drops the boxes of an empty line; then boxes cannot be matched with lines.
        known = characters if characters and len(characters) == len(found.txts) else [()] * len(found.txts)
        return [
            RecognizedLine(text, _boxes(text, np.asarray(corners), boxed), float(score))
            for text, score, corners, boxed in zip(found.txts, found.scores, found.boxes, known, strict=True)
            if text.strip()
        ]


def _boxes(text: str, corners: NDArray[Any], boxed: Sequence[Any]) -> NDArray[np.float32]:
    """Return a box for each character: from the engine, or from the line cut in even parts."""
    drawn = np.array([not character.isspace() for character in text])
    low, high = corners.min(axis=0), corners.max(axis=0)
    out = np.zeros((len(text), 4), np.float32)
    if len(boxed) == drawn.sum():
        quads = np.array([box for _, _, box in boxed], np.float32)
        out[drawn, 0], out[drawn, 2] = quads[:, :, 0].min(axis=1), quads[:, :, 0].max(axis=1)
    else:
        edges = np.linspace(low[0], high[0], len(text) + 1)
        out[drawn, 0], out[drawn, 2] = edges[:-1][drawn], edges[1:][drawn]
    out[drawn, 1], out[drawn, 3] = low[1], high[1]
    # Boxes within a word are made to meet: the engine's are narrower than wide letters.
    inner = np.flatnonzero(drawn[:-1] & drawn[1:])
    out[inner, 2] = out[inner + 1, 0] = (out[inner, 2] + out[inner + 1, 0]) / 2
    return out
