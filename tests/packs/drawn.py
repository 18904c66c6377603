"""The drawn presenter, once per size and run: drawing takes two seconds. Nobody writes into it."""

from __future__ import annotations

import functools

from custom_nodes.portrait import presenter

draw_presenter = functools.cache(presenter.draw_presenter)
