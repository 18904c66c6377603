"""IMAGE tensors to OKLab and back, on the device that renders: 80 frames of 832x480 take seconds on a CPU in numpy."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...hls_segment.oklab import TO_LAB, TO_LMS


def to_oklab(images: Any) -> Any:
    """(n, H, W, 3) sRGB in 0..1 → the same shape in OKLab."""
    import torch

    linear = torch.where(images <= 0.04045, images / 12.92, ((images.clamp(min=0.0) + 0.055) / 1.055) ** 2.4)
    lms = linear @ _matrix(TO_LMS, images)
    return lms.clamp(min=0.0) ** (1.0 / 3.0) @ _matrix(TO_LAB, images)


def to_srgb(lab: Any) -> Any:
    """OKLab → (n, H, W, 3) sRGB, cut to 0..1."""
    import torch

    cones = lab @ _matrix(np.linalg.inv(TO_LAB), lab)
    linear = (cones**3 @ _matrix(np.linalg.inv(TO_LMS), lab)).clamp(0.0, 1.0)
    return torch.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1.0 / 2.4) - 0.055)


def _matrix(rows: Any, like: Any) -> Any:
    import torch

    return torch.tensor(np.asarray(rows).T.copy(), device=like.device, dtype=like.dtype)
