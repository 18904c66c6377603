from __future__ import annotations

import io
import logging
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from custom_nodes.portrait.drawn import AVATARS, DEFAULT
from custom_nodes.portrait.drawn.sheet import Sheet
from custom_nodes.portrait.errors import (
    FaceMissing,
    MouthBoxRefused,
    PictureMissing,
    PictureTooLarge,
    PictureTooSmall,
    PictureUnreadable,
)
from custom_nodes.portrait.face import find_landmarks
from custom_nodes.portrait.picture import BACKDROP_RGB, load_picture, picture_size
from custom_nodes.portrait.talker import talker_for
from tests.packs.drawn import draw_presenter

pytestmark = pytest.mark.fast


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def presenter(width: int = 256, height: int = 256) -> Image.Image:
    return Image.fromarray(draw_presenter(width, height))


def huge_png(width: int, height: int) -> bytes:
    """A PNG that only claims its size: a header and no pixels, so decoding it would fail in another way."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def test_a_missing_picture_is_named(tmp_path: Path) -> None:
    with pytest.raises(PictureMissing, match=r"\[picture.missing\].*nobody.jpg"):
        load_picture(tmp_path / "nobody.jpg")


def test_a_folder_is_no_picture(tmp_path: Path) -> None:
    with pytest.raises(PictureUnreadable, match="give the path of a picture file"):
        load_picture(tmp_path)


@pytest.mark.parametrize("data", [b"", b"hello", b"\xff\xd8\xff\xe0 not a jpeg", b"<svg></svg>"])
def test_what_is_not_a_picture_is_refused(tmp_path: Path, data: bytes) -> None:
    target = tmp_path / "face.png"
    target.write_bytes(data)
    with pytest.raises(PictureUnreadable, match=r"face\.png is not a picture"):
        load_picture(target)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_that_ends_too_early_is_refused(kind: str) -> None:
    data = encoded(presenter(), kind)
    with pytest.raises(PictureUnreadable):
        load_picture(data[: len(data) // 2])


def test_one_pixel_is_refused() -> None:
    with pytest.raises(PictureTooSmall, match="1x1 pixels"):
        load_picture(encoded(Image.new("RGB", (1, 1))))


@pytest.mark.parametrize("size", [(60_000, 33), (40, 2_000)])
def test_a_strip_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(PictureTooSmall, match="cropped to the face"):
        load_picture(encoded(Image.new("RGB", size)))


def test_postscript_is_handed_to_no_other_program() -> None:
    with pytest.raises(PictureUnreadable, match="cannot identify"):
        load_picture(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n%%EndComments\nshowpage\n%%EOF\n")


def test_a_deep_picture_is_scaled_by_its_own_range_also_in_strips() -> None:
    rows = np.linspace(1_000, 5_000, 600).astype(np.uint16)
    loaded = load_picture(encoded(Image.fromarray(np.repeat(rows[:, None], 64, axis=1))))
    assert (loaded[0, 0, 0], loaded[-1, 0, 0]) == (0, 255)
    assert (np.diff(loaded[:, 0, 0].astype(int)) >= 0).all()


def test_a_deep_picture_takes_ten_bytes_a_pixel_at_most() -> None:
    """In a process of its own: the peak counts for the whole life of one."""
    script = (
        "import io, resource, numpy as np; from PIL import Image;"
        "from custom_nodes.portrait.picture import load_picture;"
        "b = io.BytesIO(); Image.fromarray(np.zeros((5000, 8000), np.uint16)).save(b, 'PNG', compress_level=1);"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; load_picture(b.getvalue());"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 40 * 10  # MB: ten bytes a pixel


@pytest.mark.parametrize("size", [(20_000, 20_000), (12_000, 12_000)])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_twenty_thousand_pixels_a_side_are_refused_before_decoding(size: tuple[int, int]) -> None:
    with pytest.raises(PictureTooLarge, match="scale it down"):
        load_picture(huge_png(*size))
    assert Image.MAX_IMAGE_PIXELS is not None  # ComfyUI's other nodes keep Pillow's own guard


def test_a_picture_without_a_face_says_what_would_work() -> None:
    noise = np.random.default_rng(3).integers(0, 255, (256, 256, 3)).astype(np.uint8)
    with pytest.raises(FaceMissing, match=r"\[picture.no_face\].*one face seen from the front"):
        find_landmarks(noise)


def test_of_two_faces_the_larger_speaks_and_it_is_said(caplog: pytest.LogCaptureFixture) -> None:
    picture = np.concatenate([np.pad(draw_presenter(256, 256), ((256, 0), (0, 0), (0, 0)), mode="edge"),
                              draw_presenter(512, 512)], axis=1)  # fmt: skip
    found = find_landmarks(picture)
    assert found.mouth.x > 256
    assert found.notes
    assert "2 faces" in found.notes[0]
    with caplog.at_level(logging.WARNING):
        talker_for(picture)
        talker_for(picture)
    assert caplog.messages == [f"OnAir Portrait: {found.notes[0]}"]


def test_one_face_gives_no_note() -> None:
    assert find_landmarks(draw_presenter(512, 512)).notes == ()


def test_alpha_is_flattened_on_the_backdrop() -> None:
    picture = presenter().convert("RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, 40, 40))
    loaded = load_picture(encoded(picture))
    assert loaded.shape == (256, 256, 3)
    assert tuple(loaded[5, 5]) == BACKDROP_RGB


def face_cut_out(size: int) -> Image.Image:
    """The middle of the presenter's face alone, the rest transparent."""
    sheet = Sheet(np.zeros((size, size, 3), np.float32), 0, 0)
    around = AVATARS[DEFAULT].face.outline_points()
    outline = [((500 + 0.7 * (x - 500)) * size / 1000, (450 + 0.7 * (y - 450)) * size / 1000) for x, y in around]
    alpha = np.rint(255 * sheet.mask(outline)).astype(np.uint8)
    return Image.fromarray(np.dstack([draw_presenter(size, size), alpha]))


@pytest.mark.parametrize("size", [256, 512])
def test_a_face_cut_out_without_its_hair_is_found_on_the_backdrop(size: int) -> None:
    loaded = load_picture(encoded(face_cut_out(size)))
    assert tuple(loaded[5, 5]) == BACKDROP_RGB
    assert find_landmarks(loaded).mouth.y == pytest.approx(582 * size / 1000, abs=0.01 * size + 2)


def test_a_palette_with_a_transparent_entry_is_flattened() -> None:
    palette = Image.new("P", (64, 64), 0)
    palette.putpalette([255, 0, 0, 0, 255, 0])
    assert tuple(load_picture(encoded(palette, transparency=0))[9, 9]) == BACKDROP_RGB


def test_cmyk_becomes_rgb() -> None:
    loaded = load_picture(encoded(presenter().convert("CMYK"), "JPEG", quality=95))
    assert float(np.abs(loaded.astype(int) - draw_presenter(256, 256)).mean()) < 6


def test_grey_of_sixteen_bits_keeps_its_tones() -> None:
    deep = Image.fromarray((np.linspace(0, 60_000, 64 * 64).reshape(64, 64)).astype(np.uint16))
    loaded = load_picture(encoded(deep))
    assert 100 < int(loaded[32, 32, 0]) < 156


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("holes", [1, 64 * 64])
def test_a_float_picture_with_what_is_no_number_is_read_without_a_warning(holes: int) -> None:
    values = np.linspace(0.0, 5.0, 64 * 64, dtype=np.float32)
    values[:holes] = np.nan
    values[-1:] = np.inf if holes == 1 else np.nan
    buffer = io.BytesIO()
    Image.fromarray(values.reshape(64, 64)).save(buffer, format="TIFF")
    pixels = load_picture(buffer.getvalue())
    assert (int(pixels.min()), int(pixels.max())) == ((0, 255) if holes == 1 else (0, 0))


@pytest.mark.parametrize(("orientation", "turn"), [(3, Image.Transpose.ROTATE_180), (6, Image.Transpose.ROTATE_90),
                                                    (8, Image.Transpose.ROTATE_270)])  # fmt: skip
def test_exif_turns_the_picture_upright(orientation: int, turn: Image.Transpose) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    lying = presenter(480, 832).transpose(turn)
    data = encoded(lying, "JPEG", exif=exif, quality=95)
    loaded = load_picture(data)
    assert picture_size(data) == (480, 832)
    assert loaded.shape == (832, 480, 3)
    assert float(np.abs(loaded.astype(int) - draw_presenter(480, 832)).mean()) < 6


@pytest.mark.parametrize("size", [(512, 512), (832, 480), (480, 832), (64, 512)])
def test_the_picture_covers_the_stream(size: tuple[int, int]) -> None:
    loaded = load_picture(encoded(presenter(832, 480)), width=size[0], height=size[1])
    assert loaded.shape == (size[1], size[0], 3)


def test_covering_does_not_squeeze() -> None:
    bands = np.zeros((100, 300, 3), np.uint8)
    bands[:, 100:200] = 255
    loaded = load_picture(encoded(Image.fromarray(bands)), width=100, height=100)
    assert loaded.mean() > 250


@pytest.mark.parametrize("box", [(-1, 10, 40, 10), (240, 10, 40, 10), (10, 10, 2, 1), (10, 250, 40, 10)])
def test_a_mouth_box_outside_the_picture_is_refused(box: tuple[float, float, float, float]) -> None:
    with pytest.raises(MouthBoxRefused, match=r"\[picture.mouth_box\]"):
        find_landmarks(draw_presenter(256, 256), mouth_box=box)


def test_a_mouth_box_set_by_hand_is_taken_as_given() -> None:
    found = find_landmarks(draw_presenter(512, 512), mouth_box=(240.0, 291.0, 40.0, 16.0))
    assert (found.mouth.x, found.mouth.half_width) == (260.0, 20.0)
    assert found.eyes
