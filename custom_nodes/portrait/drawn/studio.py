"""A studio in the evening, out of focus: a lit wall, a shelf in the dark, lamps."""

from __future__ import annotations

from .backdrop import Lamp, Slab, bokeh, things, wall
from .sheet import Sheet


def studio(sheet: Sheet) -> None:
    """Paint it over the whole sheet."""
    wall(sheet, (58, 78, 92), (34, 44, 56), [
        ((250, 300), (330, 360), (128, 152, 162), 0.75),
        ((900, 700), (260, 300), (30, 36, 48), 0.6),
        ((1300, 200), (300, 400), (50, 62, 74), 0.6),
    ])  # fmt: skip
    things(sheet, [
        Slab(outline=[(742, -500), (960, -500), (960, 2000), (742, 2000)], colour=(40, 52, 64), blur=14),
        Slab(outline=[(-400, -500), (64, -500), (64, 2000), (-400, 2000)], colour=(66, 86, 98), blur=22, strength=0.7),
        Slab(outline=[(770, 520), (1500, 520), (1500, 548), (770, 548)], colour=(92, 84, 74), blur=9),
        Slab(outline=[(850, 372), (884, 372), (884, 520), (850, 520)], colour=(120, 92, 66), blur=9),
        Slab(outline=[(896, 402), (934, 402), (934, 520), (896, 520)], colour=(60, 88, 96), blur=9),
    ])  # fmt: skip
    bokeh(sheet, [
        Lamp(at=(884, 196), radius=52, colour=(255, 150, 56), strength=0.62),
        Lamp(at=(806, 300), radius=32, colour=(255, 170, 84), strength=0.40),
        Lamp(at=(960, 318), radius=38, colour=(255, 140, 60), strength=0.42),
        Lamp(at=(110, 210), radius=44, colour=(190, 220, 230), strength=0.20),
        Lamp(at=(176, 96), radius=30, colour=(200, 226, 236), strength=0.16),
        Lamp(at=(1160, 240), radius=60, colour=(255, 190, 110), strength=0.4),
        Lamp(at=(-160, 320), radius=54, colour=(190, 220, 230), strength=0.2),
    ])  # fmt: skip
