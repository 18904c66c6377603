from __future__ import annotations

import json
import re

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
