"""The picture as the model takes it: one frame and then grey, encoded once per picture, size and length.

A window of 81 frames is encoded in about the time of half its sampling at 4 steps, and in a session never changes.
"""

from __future__ import annotations

import hashlib
import weakref
from collections import OrderedDict
from typing import Any

from ..shape import latents

KEPT = 4  # a talk and an idle graph of two avatars; 8 MB each at 832x480
Key = tuple[str, int, int, int]

_encoded: weakref.WeakKeyDictionary[Any, OrderedDict[Key, Any]] = weakref.WeakKeyDictionary()


def reference_values(vae: Any, image: Any, *, width: int, height: int, frames: int) -> dict[str, Any]:
    """Return `concat_latent_image` and `concat_mask` for a conditioning.

    image: (1, H, W, 3), scaled to the size as WanInfiniteTalkToVideo does. The values are what that node sets for it as
    `start_image`, bit for bit.
    """
    picture = image[:1]
    digest = hashlib.sha256(picture.detach().cpu().contiguous().numpy().tobytes()).hexdigest()
    kept = _encoded.setdefault(vae, OrderedDict())
    key = (digest, width, height, frames)
    if key not in kept:
        kept[key] = _encode(vae, picture, width=width, height=height, frames=frames)
        while len(kept) > KEPT:
            kept.popitem(last=False)
    kept.move_to_end(key)
    return dict(kept[key])


def _encode(vae: Any, picture: Any, *, width: int, height: int, frames: int) -> dict[str, Any]:
    import comfy.utils
    import torch

    scaled = comfy.utils.common_upscale(picture.movedim(-1, 1), width, height, "bilinear", "center").movedim(1, -1)
    clip = torch.ones((frames, height, width, scaled.shape[-1]), device=scaled.device, dtype=scaled.dtype) * 0.5
    clip[:1] = scaled
    latent = vae.encode(clip[:, :, :, :3])
    mask = torch.ones((1, 1, latents(frames), *latent.shape[-2:]), device=scaled.device, dtype=scaled.dtype)
    mask[:, :, :1] = 0.0
    return {"concat_latent_image": latent, "concat_mask": mask}
