"""A pack of node classes whose definitions use what the stock nodes hardly do; it is put into the tests' ComfyUI."""

from __future__ import annotations

from typing import Any

ANY = "*"


def _class(
    outputs: tuple[Any, ...], required: dict[str, Any], optional: dict[str, Any] | None = None, **more: Any
) -> Any:
    def definitions(cls: type) -> dict[str, Any]:
        return {
            "required": required,
            "optional": optional or {},
            "hidden": {"prompt": "PROMPT", "unique_id": "UNIQUE_ID"},
        }

    names = tuple("list" if isinstance(kind, list) else f"{kind} {at}" for at, kind in enumerate(outputs))
    return type(
        "Odd",
        (),
        {
            "INPUT_TYPES": classmethod(definitions),
            "RETURN_TYPES": outputs,
            "RETURN_NAMES": names,
            "FUNCTION": "run",
            "CATEGORY": "odd",
            "run": lambda self, **_: tuple(None for _ in outputs),
            **more,
        },
    )


CHOICES = ["one", "two", "three"]
NODE_CLASS_MAPPINGS = {
    "OddNumbers": _class(
        ("INT", "FLOAT"),
        {
            "whole": ("INT", {"default": 3, "min": -5, "max": 50, "step": 4}),
            "fine": ("FLOAT", {"default": 0.5, "min": -1.0, "max": 1.0, "step": 0.001, "round": False}),
            "coarse": ("FLOAT", {"default": 1, "min": 0, "max": 10, "step": 2.5}),
            "bare": ("INT",),
            "plain": ("FLOAT", {}),
            "slide": ("FLOAT", {"default": 0.3, "min": 0.0, "max": 1.0, "step": 0.05, "display": "slider"}),
        },
    ),
    "OddForced": _class(
        ("INT", "STRING"),
        {
            "before": ("STRING", {"default": "a"}),
            "forced": ("INT", {"default": 7, "forceInput": True}),
            "wanted": ("STRING", {"default": "x", "defaultInput": True}),
            "after": ("BOOLEAN", {"default": True}),
        },
        {"late": ("FLOAT", {"default": 1.5, "forceInput": True}), "free": ("INT", {"default": 2})},
    ),
    "OddSeeds": _class(
        ("INT",),
        {
            "noise_seed": ("INT", {"default": 1, "max": 2**53}),
            "seed": ("INT", {"default": 2, "max": 2**53, "control_after_generate": False}),
            "other": ("INT", {"default": 3, "control_after_generate": "increment"}),
            "ratio": ("FLOAT", {"default": 0.5, "control_after_generate": True}),
            "pick": (CHOICES, {"control_after_generate": True}),
            "end": ("STRING", {"default": "end"}),
        },
    ),
    "OddLists": _class(
        (CHOICES, "COMBO", "STRING"),
        {
            "old": (CHOICES,),
            "given": (CHOICES, {"default": "two"}),
            "new": ("COMBO", {"options": CHOICES, "default": "three"}),
            "numbers": ([1, 2, 3], {"default": 2}),
            "many": ("COMBO", {"options": CHOICES, "multi_select": True}),
            "empty": ([],),
        },
        {"maybe": (CHOICES, {"default": "one"}), "typed": ("COMBO", {"options": ["p", "q"]})},
    ),
    "OddWires": _class(
        (ANY, "IMAGE,MASK", "IMAGE"),
        {"any": (ANY,), "either": ("IMAGE,MASK",), "number": ("INT,FLOAT",)},
        {"text": (ANY, {"forceInput": True}), "image": ("IMAGE", {"lazy": True}), "raw": ("STRING", {"rawLink": True})},
    ),
    "OddTexts": _class(
        ("STRING",),
        {
            "dynamic": ("STRING", {"multiline": True, "dynamicPrompts": True, "default": "{a|b}"}),
            "still": ("STRING", {"multiline": True, "dynamicPrompts": False}),
            "line": ("STRING", {"default": "", "dynamicPrompts": True}),
            "loud": ("BOOLEAN", {"label_on": "yes", "label_off": "no"}),
        },
        {"hint": ("STRING", {"placeholder": "words"}), "widgeted": ("ODD", {"widgetType": "STRING"})},
    ),
    "OddNothing": _class((), {}, OUTPUT_NODE=True),
    "OddOrder": _class(
        ("INT", "INT"),
        {"b": ("INT", {"default": 1}), "image": ("IMAGE",), "a": ("STRING", {"default": "A"})},
        {"d": ("INT", {"default": 4}), "mask": ("MASK",), "c": (CHOICES,)},
    ),
}
