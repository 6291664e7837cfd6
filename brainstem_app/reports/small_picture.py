"""A small picture of a result, for a wall of many: three levels and a sagittal, cut from its QC picture."""

from __future__ import annotations

import io

from PIL import Image, UnidentifiedImageError

from brainstem_app.reports.scan.qc_picture import AXIAL_PLACES, OTHER_PLACES

#: Red nuclei, loci coerulei and inferior olives, and the sagittal picture.
_SHOWN = (AXIAL_PLACES[0], AXIAL_PLACES[2], AXIAL_PLACES[3], OTHER_PLACES[1])
_WIDTH, _HEIGHT = 640, 200
_BACKGROUND = (16, 20, 24)
_COLOURS = 128


def small_png(picture: bytes) -> bytes:
    """PNG of 640 × 200 pixels, cut from the PNG that `qc_png` draws.

    Raises
    ------
    ValueError
        If it is no picture.
    """
    try:
        with Image.open(io.BytesIO(picture)) as opened:
            whole = opened.convert("RGB")
    except (UnidentifiedImageError, OSError) as error:
        raise ValueError("this is no picture") from error
    small = Image.new("RGB", (_WIDTH, _HEIGHT), _BACKGROUND)
    each = _WIDTH // len(_SHOWN)
    for number, (left, bottom, width, height) in enumerate(_SHOWN):
        # Places are shares of the figure from its lower left corner.
        box = (left, 1 - bottom - height, left + width, 1 - bottom)
        x0, y0, x1, y1 = (share * whole.size[k % 2] for k, share in enumerate(box))
        panel = whole.crop((round(x0), round(y0), round(x1), round(y1)))
        panel.thumbnail((each - 4, _HEIGHT), Image.Resampling.LANCZOS)
        middle = (number * each + (each - panel.width) // 2, (_HEIGHT - panel.height) // 2)
        small.paste(panel, middle)
    buffer = io.BytesIO()
    small.quantize(_COLOURS, dither=Image.Dither.NONE).save(buffer, format="png", optimize=True)
    return buffer.getvalue()
