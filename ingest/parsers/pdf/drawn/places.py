"""Where things are on a page as it is shown, by PDFium."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def as_shown(rects: NDArray[np.float32], page: Any) -> NDArray[np.float32]:
    """Return PDFium's rectangles, which count from the bottom of the unturned page, on the page as shown."""
    left, bottom, right, top = page.get_bbox()
    x0, y1, x1, y0 = rects.T  # PDFium's order is left, top, right, bottom
    placed = (x0 != x1) | (y0 != y1)
    turned = {
        0: (x0 - left, top - y1, x1 - left, top - y0),
        90: (y0 - bottom, x0 - left, y1 - bottom, x1 - left),
        180: (right - x1, y0 - bottom, right - x0, y1 - bottom),
        270: (top - y1, right - x1, top - y0, right - x0),
    }[page.get_rotation()]
    boxes = np.stack(turned, axis=1).astype(np.float32)
    boxes[~placed] = 0
    return np.nan_to_num(boxes)
