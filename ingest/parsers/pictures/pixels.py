"""The pixels of pictures by Pillow, turned upright and scaled down to a limit."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, ImageSequence

from core.errors import ParseError, TooLargeError
from ingest.parsers.pictures.recognition import MAX_IMAGE_PIXELS, MAX_RECOGNIZED_PAGES

# The formats that people keep documents in; Pillow reads more.
_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF")
# The only format whose further pictures are pages; in others they are an animation.
_PAGED = "TIFF"
# More does not improve recognition: the shorter side of a page at 300 dots per inch is 2,500.
_MAX_SIDE_PIXELS = 4_000
_POINTS_PER_INCH = 72.0
_USUAL_DPI = 150.0
_LIKELY_DPI = (50.0, 1_300.0)
_DAMAGED = "The picture is damaged or cut off; get a new copy."


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture and its size on paper."""

    pixels: NDArray[np.uint8]
    """`(height, width, 3)` blue, green, red."""
    width: float
    """In points, as `height`."""
    height: float


class PictureFile:
    """A file of one picture or, in TIFF, of several.

    Raises: ParseError if it is damaged, TooLargeError if it has too many pixels.
    """

    def __init__(self, content: bytes) -> None:
        try:
            self._image = Image.open(io.BytesIO(content), formats=_FORMATS)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise _too_large() from error
        except OSError as error:
            raise ParseError(_DAMAGED) from error
        frames = getattr(self._image, "n_frames", 1) if self._image.format == _PAGED else 1
        self.count = min(frames, MAX_RECOGNIZED_PAGES)
        self.media_type = Image.MIME[self._image.format or "PNG"]

    def pictures(self) -> Iterator[Picture]:
        """Yield the pictures. Raises: as the constructor."""
        for frame in islice(ImageSequence.Iterator(self._image), self.count):
            if frame.width * frame.height > MAX_IMAGE_PIXELS:
                raise _too_large()
            points_per_pixel = _POINTS_PER_INCH / _dpi(frame)
            try:
                upright = ImageOps.exif_transpose(frame).convert("RGB")
            except (OSError, ValueError, SyntaxError) as error:  # Pillow's errors for damaged pictures
                raise ParseError(_DAMAGED) from error
            width, height = upright.width * points_per_pixel, upright.height * points_per_pixel
            upright.thumbnail((_MAX_SIDE_PIXELS, _MAX_SIDE_PIXELS))
            pixels = np.ascontiguousarray(np.asarray(upright, np.uint8)[:, :, ::-1])
            yield Picture(pixels, width, height)


def _too_large() -> TooLargeError:
    return TooLargeError(
        f"The picture has more than {MAX_IMAGE_PIXELS / 1e6:g} million pixels; make it smaller."
    )


def _dpi(image: Image.Image) -> float:
    """Return the pixels per inch that a picture claims, or the usual number if the claim is unlikely."""
    try:
        dpi = float(image.info.get("dpi", (0.0,))[0])
    except (TypeError, ValueError, ZeroDivisionError, IndexError):
        return _USUAL_DPI
    return dpi if _LIKELY_DPI[0] <= dpi <= _LIKELY_DPI[1] else _USUAL_DPI
