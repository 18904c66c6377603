"""Nodes that misbehave on purpose: the engine's tests link this folder into the child's custom_nodes."""

import logging
import os
import time

import comfy.utils
import folder_paths
import numpy as np
import torch


class ProbeSteps:
    """Takes `steps` times `step_ms`; the progress bar looks for the interrupt."""

    RETURN_TYPES = ()
    FUNCTION = "run"
    OUTPUT_NODE = True
    CATEGORY = "probe"

    @classmethod
    def INPUT_TYPES(cls):
        return {
            "required": {"steps": ("INT", {"default": 1, "max": 100000}), "step_ms": ("INT", {"default": 10})},
            "optional": {"attempt": ("STRING", {"default": ""}), "message": ("STRING", {"default": ""})},
        }

    def run(self, steps, step_ms, attempt="", message=""):
        bar = comfy.utils.ProgressBar(steps)
        for _ in range(steps):
            time.sleep(step_ms / 1000)
            bar.update(1)
        if message:
            raise ValueError(message)
        return {"ui": {"probe": [{"attempt": attempt, "pid": os.getpid()}]}}


class ProbeDeaf(ProbeSteps):
    """Sleeps without ever looking for the interrupt."""

    def run(self, steps, step_ms, attempt="", message=""):
        time.sleep(steps * step_ms / 1000)
        return {"ui": {"probe": [{"attempt": attempt}]}}


class ProbeExit(ProbeSteps):
    """Ends ComfyUI's worker thread: HTTP goes on answering, nothing runs ever again."""

    def run(self, steps, step_ms, attempt="", message=""):
        raise SystemExit(1)


class ProbeMemory(ProbeSteps):
    """Wants more memory than there is."""

    def run(self, steps, step_ms, attempt="", message=""):
        raise torch.OutOfMemoryError("Allocation on device")


class ProbeBusy(ProbeSteps):
    """Computes without a word of progress, as a long sampler step does."""

    def run(self, steps, step_ms, attempt="", message=""):
        end = time.monotonic() + steps * step_ms / 1000
        while time.monotonic() < end:
            sum(range(10_000))
        return {"ui": {"probe": [{"attempt": attempt}]}}


class ProbeHalf:
    """Rounds images as a state does: to fp16 and back."""

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "run"
    CATEGORY = "probe"

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"images": ("IMAGE",)}}

    def run(self, images):
        return (images.clamp(0.0, 1.0).half().float(),)


class ProbePace:
    """Lets a window take `rtf` times as long as it plays, and not less; the progress bar looks for the interrupt."""

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "run"
    CATEGORY = "probe"

    @classmethod
    def INPUT_TYPES(cls):
        rtf = ("FLOAT", {"default": 3.0, "max": 1000.0})
        return {"required": {"images": ("IMAGE",), "window": ("ONAIR_WINDOW",), "rtf": rtf}}

    def run(self, images, window, rtf):
        request, bar = window.request, comfy.utils.ProgressBar(1000)
        ends_ns = window.started_ns + int(rtf * request.new_frames / request.fps * 1e9)
        if time.monotonic_ns() > ends_ns:
            logging.warning("ProbePace overran")
        while (rest_ns := ends_ns - time.monotonic_ns()) > 0:
            time.sleep(min(rest_ns / 1e9, 0.05))
            bar.update(1)
        return (images,)


class ProbeFeatures:
    """Writes WanVideoWrapper's speech features of the first voice into the output folder, as they are."""

    RETURN_TYPES = ()
    FUNCTION = "run"
    OUTPUT_NODE = True
    CATEGORY = "probe"

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"multitalk_embeds": ("MULTITALK_EMBEDS",), "name": ("STRING", {"default": "features"})}}

    def run(self, multitalk_embeds, name):
        voices = multitalk_embeds["audio_features"]
        np.save(os.path.join(folder_paths.get_output_directory(), f"{name}.npy"), voices[0].float().cpu().numpy())
        return {"ui": {"probe": [{"voices": [list(voice.shape) for voice in voices]}]}}


NODE_CLASS_MAPPINGS = {
    "ProbeSteps": ProbeSteps,
    "ProbeDeaf": ProbeDeaf,
    "ProbeExit": ProbeExit,
    "ProbeMemory": ProbeMemory,
    "ProbeBusy": ProbeBusy,
    "ProbeHalf": ProbeHalf,
    "ProbePace": ProbePace,
    "ProbeFeatures": ProbeFeatures,
}
