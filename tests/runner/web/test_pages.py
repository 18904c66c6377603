from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from runner.cli.live import _page
from runner.compose import Stage
from runner.engine.comfy_engine import ComfyEngine
from runner.settings import Settings
from runner.web.pages import PAGE, with_settings
from tests.runner.web.house import House


async def test_the_page_carries_its_settings(house: House) -> None:
    answer = await house.http.get("/")
    found = re.search(r'<script id="settings" type="application/json">(.*?)</script>', answer.text)
    assert found is not None
    assert json.loads(found.group(1))["behind_ms"] == 700
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_where_the_graph_has_its_own_picture_no_avatars_is_asked_for(tmp_path: Path) -> None:
    unasked: Any = None
    engine = ComfyEngine(url="http://127.0.0.1:9")
    stage = Stage(engine=engine, renderer=unasked, idle=unasked, avatar=None, speech=unasked, data=tmp_path)
    told = {"avatar": _page(stage, Settings()).avatar}
    assert "/api/avatars" not in with_settings((PAGE / "index.html").read_text(encoding="utf-8"), told)


async def test_every_file_that_the_page_names_is_there(house: House) -> None:
    picture = {"play/screen.js", "play/player.js", "play/watchdog.js"}
    views = {
        "/": picture,
        "/?channel=c": picture,
        "/?view=stage": picture,
        "/?view=landmarks&avatar=a": {"points/board.js"},
    }
    for view, modules in views.items():
        text = (await house.http.get(view)).text
        named = set(re.findall(r'"/page/([^"#]+)', text))
        # The modules that others import are named too: the browser fetches them all at once.
        assert {"icon.svg", "look/ground.css", *modules} <= named, view
        for name in named:
            assert (await house.http.get(f"/page/{name}")).status_code == 200, name
    drawn = set(re.findall(r"icons\.svg#([a-z]+)", "".join(path.read_text() for path in PAGE.glob("*.html"))))
    assert all(f'id="{name}"' in (PAGE / "icons.svg").read_text() for name in drawn)


async def test_each_address_has_its_view(house: House) -> None:
    titles = {
        "/": "OnAir",
        "/?view=nothing": "OnAir",
        "/?channel=c": "OnAir: the picture",
        "/?view=stage&session=s&resume=r": "OnAir: the picture",
        "/?view=landmarks&avatar=a": "OnAir: the points of a face",
    }
    for address, title in titles.items():
        assert f"<title>{title}</title>" in (await house.http.get(address)).text, address


async def test_a_file_that_is_known_is_not_sent_again(house: House) -> None:
    first = await house.http.get("/page/studio.js")
    assert first.headers["content-type"].startswith("text/javascript")
    again = await house.http.get("/page/studio.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/", "/page/studio.js", "/page/look/stage.css", "/page/icons.svg"])
async def test_text_goes_zipped_to_who_can_read_it(house: House, path: str) -> None:
    plain = await house.http.get(path, headers={"Accept-Encoding": "gzip;q=0, identity"})
    assert "content-encoding" not in plain.headers
    zipped = await house.http.get(path, headers={"Accept-Encoding": "br, gzip;q=0.8"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in zipped.headers["vary"]
    assert zipped.text == plain.text
    assert int(zipped.headers["content-length"]) < len(plain.content) * 0.7
    again = await house.http.get(path, headers={"If-None-Match": zipped.headers["etag"], "Accept-Encoding": "gzip"})
    assert (again.status_code, again.content) == (304, b"")
    other = await house.http.get(path, headers={"If-None-Match": zipped.headers["etag"], "Accept-Encoding": "identity"})
    assert (other.status_code, other.text) == (200, plain.text)


async def test_no_path_leads_out_of_the_page(house: House) -> None:
    for path in ("..%2fapp.py", "%2e%2e/app.py", "../app.py", "..%5capp.py", "index.html%00.js", "/etc/passwd"):
        assert (await house.http.get(f"/page/{path}")).status_code == 404, path


async def test_where_the_editor_is_and_what_one_may_is_told_by_who_asks(house: House) -> None:
    own = await told(house)
    assert (own["uploads"], own["editors"], own["comfyui_url"]) == (True, True, "http://127.0.0.1:8188")
    behind = await told(house, {"X-Forwarded-For": "198.51.100.1"})
    assert (behind["uploads"], behind["editors"], behind["comfyui_url"]) == (False, False, "")


async def told(house: House, headers: dict[str, str] | None = None) -> dict[str, Any]:
    answer = await house.http.get("/", headers=headers)
    found = re.search(r'<script id="settings" type="application/json">(.*?)</script>', answer.text)
    assert found is not None
    return dict(json.loads(found.group(1)))
