"""The error tree of the portrait pack."""

from __future__ import annotations


class PortraitError(Exception):
    """Root of the pack's errors; `str()` carries the code in brackets, because ComfyUI hands on only the message."""

    code = "portrait.failed"
    retryable = False

    def __str__(self) -> str:
        return f"[{self.code}] {super().__str__()}"


class PictureMissing(PortraitError):
    """There is no file at the picture's path."""

    code = "picture.missing"


class PictureUnreadable(PortraitError):
    """The bytes are not a picture that Pillow can read, or they end too early."""

    code = "picture.unreadable"


class PictureTooLarge(PortraitError):
    """The picture has more pixels than are decoded here; found from its header, before a pixel is decoded."""

    code = "picture.too_large"


class PictureTooSmall(PortraitError):
    """The picture is too small for a face to be seen in it."""

    code = "picture.too_small"


class FaceMissing(PortraitError):
    """No face was found; the sentence says what would work."""

    code = "picture.no_face"


class MouthBoxRefused(PortraitError):
    """A mouth box set by hand lies outside the picture or is too small."""

    code = "picture.mouth_box"


class SoundRefused(PortraitError):
    """The sound, the frame rate or the frame counts of a window cannot be rendered."""

    code = "portrait.sound"


class LandmarksRefused(PortraitError):
    """Landmarks given by hand are no JSON of the known form, or say what no face can be."""

    code = "picture.landmarks"


class FaceUnfit(PortraitError):
    """A face was found, but it cannot be made to speak: `code` says why, the sentence what would work."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code
