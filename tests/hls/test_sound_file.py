"""Any sound in blocks, and one clear refusal of each kind."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from hls.errors import HlsError, SoundCut, SoundEmpty, SoundUnreadable
from hls.sound_file import SoundFile

pytestmark = pytest.mark.fast

SECONDS = 2
TONE_HZ = 440
KINDS = [
    ("u8.wav", "pcm_u8", 8_000, "mono"),
    ("s16.wav", "pcm_s16le", 44_100, "stereo"),
    ("s24.wav", "pcm_s24le", 96_000, "5.1"),
    ("s32.wav", "pcm_s32le", 11_025, "mono"),
    ("float.wav", "pcm_f32le", 192_000, "7.1"),
    ("alaw.wav", "pcm_alaw", 8_000, "mono"),
    ("a.aiff", "pcm_s16be", 22_050, "stereo"),
    ("a.flac", "flac", 48_000, "stereo"),
    ("a.mp3", "libmp3lame", 44_100, "mono"),
    ("a.opus", "libopus", 48_000, "stereo"),
    ("a.m4a", "aac", 44_100, "stereo"),
    ("a.mka", "flac", 16_000, "mono"),
]


def add_picture(file: Any) -> Any:
    video = file.add_stream("libx264", rate=25)
    video.width = video.height = 32
    video.pix_fmt = "yuv420p"
    return video


def write(
    path: Path, codec: str, rate_hz: int, layout: str, *, seconds: float = SECONDS, picture: bool = False
) -> Path:
    """A tone that is equally loud in every channel."""
    at = np.arange(int(rate_hz * seconds)) / rate_hz
    channels = len(av.AudioLayout(layout).channels)
    tone = np.repeat((0.25 * np.sin(2 * np.pi * TONE_HZ * at)).astype(np.float32), channels)[None]
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=rate_hz, layout=layout)
        video = add_picture(file) if picture else None
        frame = av.AudioFrame.from_ndarray(tone, format="flt", layout=layout)
        frame.sample_rate, frame.pts = rate_hz, 0
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
        for _ in range(int(seconds * 25) + 25) if video is not None else ():
            file.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")))
        if video is not None:
            file.mux(video.encode(None))
    return path


def read(path: Path) -> tuple[SoundFile, np.ndarray]:
    sound = SoundFile(path)
    try:
        return sound, np.concatenate(list(sound.blocks()), axis=1)
    finally:
        sound.close()


@pytest.mark.parametrize(("name", "codec", "rate_hz", "layout"), KINDS)
def test_every_rate_depth_layout_and_format_is_the_same_tone(
    name: str, codec: str, rate_hz: int, layout: str, tmp_path: Path
) -> None:
    sound, samples = read(write(tmp_path / name, codec, rate_hz, layout))
    assert sound.channels == (1 if layout == "mono" else 2)
    assert len(samples) == sound.channels
    assert samples.shape[1] / sound.rate_hz == pytest.approx(SECONDS, abs=0.03)
    middle = samples[0, sound.rate_hz // 2 : sound.rate_hz * 3 // 2].astype(float)
    spectrum = np.abs(np.fft.rfft(middle))
    assert int(np.argmax(spectrum)) == pytest.approx(TONE_HZ, abs=1)
    assert 3_000 < np.abs(middle).max() < 20_000


def test_the_sound_of_a_video_is_taken_though_its_pictures_last_longer(tmp_path: Path) -> None:
    for name, codec in (("a.mp4", "aac"), ("a.mkv", "aac"), ("a.avi", "pcm_s16le")):
        _, samples = read(write(tmp_path / name, codec, 48_000, "mono", picture=True))
        assert samples.shape[1] / 48_000 == pytest.approx(SECONDS, abs=0.1)


@pytest.mark.parametrize("name", ["s16.wav", "a.aiff", "a.flac", "a.mp3", "a.opus", "a.mka"])
def test_what_was_cut_short_is_refused(name: str, tmp_path: Path) -> None:
    kind = next(kind for kind in KINDS if kind[0] == name)
    path = write(tmp_path / name, *kind[1:])
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    with pytest.raises(SoundCut, match="cut short"):
        read(path)


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF, 0x7FFFF000])
def test_a_wav_that_came_through_a_pipe_is_taken(length: int, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", "pcm_s16le", 16_000, "mono")
    data = bytearray(path.read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = struct.pack("<I", length)
    path.write_bytes(data)
    assert read(path)[1].shape[1] == 16_000 * SECONDS


def test_one_sample_less_than_the_header_says_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", "pcm_s16le", 16_000, "mono")
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(SoundCut):
        read(path)


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("none.wav", b"", SoundEmpty),
        ("text.wav", b"hello, this is no sound at all", SoundUnreadable),
        ("half.m4a", b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom\0\0\0\0", SoundUnreadable),
        (
            "head.wav",
            b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\x3e\0\0\0\x7d\0\0\2\0\x10\0data\0\0\0\0",
            SoundEmpty,
        ),
    ],
)
def test_no_sound_is_refused_in_one_sentence(name: str, content: bytes, kind: type[HlsError], tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(kind) as refused:
        read(tmp_path / name)
    assert name in str(refused.value)


def test_a_file_without_a_sound_track_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "silent.mp4"
    with av.open(str(path), "w") as file:
        video = add_picture(file)
        file.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")))
        file.mux(video.encode(None))
    with pytest.raises(SoundEmpty, match="holds no sound"):
        read(path)


def test_bytes_that_cannot_be_decoded_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", "flac", 48_000, "mono")
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    path.write_bytes(data)
    with pytest.raises((SoundUnreadable, SoundCut)):
        read(path)
