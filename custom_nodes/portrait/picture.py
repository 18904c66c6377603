"""Any picture file → RGB pixels of the stream's size. The owner of Pillow.

A little long, because all that a file can be is judged and made plain where it is decoded.
"""

from __future__ import annotations

import hashlib
import io
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from .errors import PictureMissing, PictureTooLarge, PictureTooSmall, PictureUnreadable
from .eye import Box
from .face import detect_faces
from .framing import crop_box

# 100 million pixels are 300 MB as RGB: more than any phone's photo, less than what endangers a small server.
MAX_PIXELS = 100_000_000
# Below this no detector sees a face and no mouth could be seen to move.
MIN_SIDE_PIXELS = 32
# A longer strip than this shows no face: scaled to where faces are looked for, it would be a line.
LONGEST_STRIP = 16
# What is decoded: the kinds of pictures that people have. Pillow knows more, and hands PostScript to another program.
KINDS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
# Rows of a deep picture that are scaled at once: as float64 all of it would be eight times its bytes.
STRIP_ROWS = 256
# The EXIF tag, and its first value that lies on its side.
EXIF_ORIENTATION = 0x0112
FIRST_LYING = 5
# What shows through transparent pixels: a light neutral grey, on which both dark and fair hair keep their outline.
BACKDROP_RGB = (216, 218, 222)
KEPT_FACES = 8
# Faces are looked for in a smaller copy: this shows one that fills a twentieth of the picture.
LOOKED_AT_SIDE_PIXELS = 1280
# A crop that cuts less than this share away is not worth a look for the face.
CUT_SHARE = 0.02

_faces: OrderedDict[bytes, Box | None] = OrderedDict()
_lock = threading.Lock()


def load_picture(
    source: Path | bytes, *, width: int | None = None, height: int | None = None, face: Box | None = None
) -> NDArray[np.uint8]:
    """Read a picture file (or its bytes) as RGB uint8 (H, W, 3), turned upright by its EXIF, without alpha.

    What is transparent shows a light grey. With `width` and `height` it is scaled to cover that size and cropped as
    `cover` does; `face` is where it is in the file's pixels, where that is known.
    Raises: PictureMissing, PictureUnreadable, PictureTooLarge, PictureTooSmall.
    """
    name, data = _read(source)
    with _readable(name), Image.open(io.BytesIO(data), formats=KINDS) as image:
        _check_size(name, *image.size)
        picture = _plain(image)
    pixels = _pixels(_on_backdrop(picture) if picture.mode == "RGBA" else picture)
    return pixels if width is None or height is None else cover(pixels, width, height, face=face)


def picture_size(source: Path | bytes) -> tuple[int, int]:
    """Return width and height as the file has them, upright: what people know their picture by.

    Raises: as `load_picture`, less what only decoding finds.
    """
    name, data = _read(source)
    with _readable(name), Image.open(io.BytesIO(data), formats=KINDS) as image:
        _check_size(name, *image.size)
        lying = int(image.getexif().get(EXIF_ORIENTATION, 1)) >= FIRST_LYING
        return (image.height, image.width) if lying else image.size


def cover(
    pixels: NDArray[np.uint8],
    width: int,
    height: int,
    *,
    face: Box | None = None,
    like: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """Scale RGB uint8 (H, W, 3) to cover `width`x`height` and crop; the same array where the size is already right.

    The middle is kept (a little higher in tall pictures), but a face that would be cut off is moved into view: `face`,
    else the one that is found, in `like` where that is given: a picture of the same shape, whose crop is taken over.
    """
    if pixels.shape[:2] == (height, width):
        return pixels
    box = crop_box(pixels.shape[1], pixels.shape[0], width, height)
    if box.width * box.height < (1.0 - CUT_SHARE) * pixels.shape[0] * pixels.shape[1]:
        known = face if face is not None else _face_in(pixels if like is None else like)
        box = crop_box(pixels.shape[1], pixels.shape[0], width, height, face=known)
    corners = (box.x, box.y, box.x + box.width, box.y + box.height)
    fitted = Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS, box=corners)
    return np.ascontiguousarray(np.asarray(fitted, dtype=np.uint8))


def png_bytes(pixels: NDArray[np.uint8]) -> bytes:
    """Return RGB uint8 (H, W, 3) as a PNG file's bytes: lossless, so that every reader sees the same pixels."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


def within(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Scale RGB uint8 (H, W, 3) down until its longer side has at most `side` pixels; the same array where it has."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1.0:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS), dtype=np.uint8)


def jpeg_bytes(pixels: NDArray[np.uint8]) -> bytes:
    """Return RGB uint8 (H, W, 3) as a JPEG file's bytes: small, for looking at it alone."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="JPEG", quality=88, optimize=True)
    return buffer.getvalue()


def _face_in(pixels: NDArray[np.uint8]) -> Box | None:
    """Return the face that speaks, looked for once per picture: a graph asks again for every window."""
    key = hashlib.sha256(pixels.tobytes()).digest()
    with _lock:
        if key not in _faces:
            scale = min(1.0, LOOKED_AT_SIDE_PIXELS / max(pixels.shape[:2]))
            size = (max(1, round(scale * pixels.shape[1])), max(1, round(scale * pixels.shape[0])))
            small = Image.fromarray(pixels).resize(size, Image.Resampling.BOX) if scale < 1.0 else pixels
            found = detect_faces(np.asarray(small, dtype=np.uint8))
            _faces[key] = Box(*(value / scale for value in astuple(found[0]))) if found else None
            while len(_faces) > KEPT_FACES:
                _faces.popitem(last=False)
        return _faces[key]


def _read(source: Path | bytes) -> tuple[str, bytes]:
    if isinstance(source, bytes):
        return "the picture", source
    try:
        # A pipe would be waited for, a device read without an end.
        if source.exists() and not source.is_file():
            raise PictureUnreadable(
                f"{source} is no file but a folder, a pipe or a device; give the path of a picture file"
            )
        return source.name, source.read_bytes()
    except FileNotFoundError as exc:
        raise PictureMissing(f"there is no picture at {source}; give the path of a JPEG, PNG or WebP file") from exc
    except OSError as exc:
        raise PictureUnreadable(f"{source} cannot be opened: {exc.strerror}; give the path of a picture file") from exc


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """Tell whatever Pillow raises at a broken file in one sentence."""
    try:
        yield
    # Pillow's own limit is the whole process's, so it stays ComfyUI's to set; it refuses before the size is known here.
    except Image.DecompressionBombError as exc:
        raise _too_large(name) from exc
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as exc:
        message = f"{name} is not a picture that can be read ({_short(exc)}); use a JPEG, PNG or WebP file"
        raise PictureUnreadable(message) from exc


def _check_size(name: str, width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _too_large(f"{name} ({width}x{height})")
    if min(width, height) < MIN_SIDE_PIXELS:
        least = f"at least {MIN_SIDE_PIXELS} pixels a side, better 512"
        raise PictureTooSmall(f"{name} is only {width}x{height} pixels; use a picture of {least}")
    if max(width, height) > LONGEST_STRIP * min(width, height):
        raise PictureTooSmall(
            f"{name} is a strip of {width}x{height} pixels; use a picture that is cropped to the face"
        )


def _too_large(named: str) -> PictureTooLarge:
    millions = MAX_PIXELS // 1_000_000
    return PictureTooLarge(
        f"{named} has more than {millions} million pixels; scale it down, 2000 pixels a side are plenty"
    )


def _plain(image: Image.Image) -> Image.Image:
    """Return it upright as RGB, or as RGBA where something shows through."""
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I;16") or upright.mode in ("I", "F"):
        return _from_deep(upright).convert("RGB")
    # RGBA, LA, PA and palettes with a transparent entry; a has_transparency property came only with Pillow 10.1
    if upright.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in upright.info:
        layer = upright.convert("RGBA")
        return layer if np.asarray(layer.getchannel("A")).min() < 255 else layer.convert("RGB")
    return upright.convert("RGB")


def _on_backdrop(layer: Image.Image) -> Image.Image:
    backdrop = Image.new("RGB", layer.size, BACKDROP_RGB)  # half the memory of alpha_composite
    backdrop.paste(layer, mask=layer.getchannel("A"))
    return backdrop


def _pixels(image: Image.Image) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.asarray(image, dtype=np.uint8))


def _from_deep(image: Image.Image) -> Image.Image:
    """Scale a 16-bit or float grey picture to 8 bits by its own range (Pillow's `convert` would clip it to white)."""
    values = np.asarray(image)
    strips = [slice(top, top + STRIP_ROWS) for top in range(0, len(values), STRIP_ROWS)]
    ends = [end for strip in strips if (end := _ends(values[strip])) is not None]
    low, high = (min(end[0] for end in ends), max(end[1] for end in ends)) if ends else (0.0, 0.0)
    grey = np.empty(values.shape, np.uint8)
    for strip in strips:  # float pictures may hold what is no number
        level = np.nan_to_num(values[strip].astype(np.float64), nan=low, posinf=high, neginf=low) - low
        grey[strip] = level * (255.0 / max(high - low, 1e-9))
    return Image.fromarray(grey)


def _ends(values: NDArray[Any]) -> tuple[float, float] | None:
    """Return the least and the largest finite value, None where there is none."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else None


def _short(exc: BaseException) -> str:
    return str(exc).split("<", 1)[0].strip()[:80] or type(exc).__name__
