"""What `doctor` says of torch, its GPUs and the kinds of attention."""

from __future__ import annotations

import importlib.metadata

import pytest

from runner.cli import doctor_torch
from runner.cli.doctor_torch import ask_torch, attention_words, torch_words

CARD = {"name": "NVIDIA H100 80GB HBM3", "bytes": 85_000_000_000, "capability": "9.0"}


@pytest.mark.fast
def test_torch_is_told_with_its_build_and_its_gpus() -> None:
    told = {"version": "2.11.0", "built": "CUDA 13.0", "devices": [CARD]}
    assert torch_words(told) == "2.11.0, built for CUDA 13.0; NVIDIA H100 80GB HBM3, 85.0 GB, 9.0"
    assert torch_words({**told, "devices": []}).endswith("; no GPU that it can use")
    assert "built for the CPU alone" in torch_words({"version": "2.11.0", "built": "", "devices": []})
    assert "install.py setup" in torch_words({})


@pytest.mark.fast
def test_attention_that_is_installed_is_named_with_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"sageattention": "2.2.0", "flash-attn": "2.8.3"}

    def version(package: str) -> str:
        if package not in there:
            raise importlib.metadata.PackageNotFoundError(package)
        return there[package]

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert attention_words() == "sdpa, flash (flash-attn 2.8.3), sage (sageattention 2.2.0)"
    there.clear()
    assert attention_words() == "sdpa"


@pytest.mark.fast
def test_a_python_without_torch_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_torch, "PROGRAM", "import no_such_torch")
    assert ask_torch() == {}


@pytest.mark.comfyui
def test_this_torch_answers() -> None:
    told = ask_torch()
    assert told["version"][0].isdigit()
    assert isinstance(told["devices"], list)
