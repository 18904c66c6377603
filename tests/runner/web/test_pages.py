from __future__ import annotations

import json
import re
from typing import Any

from runner.web.pages import PAGE
from tests.runner.web.house import House


async def test_the_page_carries_its_settings(house: House) -> None:
    answer = await house.http.get("/")
    found = re.search(r'<script id="settings" type="application/json">(.*?)</script>', answer.text)
    assert found is not None
    assert json.loads(found.group(1))["behind_ms"] == 700
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_every_file_that_the_page_names_is_there(house: House) -> None:
    text = "".join(path.read_text() for path in PAGE.iterdir())
    named = set(re.findall(r'(?:"/page/|from "\./)([a-z_]+\.[a-z]+)"', text))
    assert {"main.js", "style.css", "player.js", "watchdog.js"} <= named
    for name in named:
        assert (await house.http.get(f"/page/{name}")).status_code == 200, name


async def test_a_file_that_is_known_is_not_sent_again(house: House) -> None:
    first = await house.http.get("/page/main.js")
    assert first.headers["content-type"].startswith("text/javascript")
    again = await house.http.get("/page/main.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


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
