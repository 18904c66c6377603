"""Pictures that people bring: taken upright and small, refused with the pack's code, and never more than are kept."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from runner import uploaded
from runner.avatar import DRAWN
from tests.packs.drawn import draw_presenter
from tests.runner.web.house import House

SIDE = 320
TURNED = 6  # EXIF: to be turned by 90 degrees to the right


def picture(kind: str = "PNG", *, turned: bool = False, side: int = SIDE) -> bytes:
    image = Image.fromarray(draw_presenter(SIDE, SIDE)).resize((side, side))
    exif = Image.Exif()
    if turned:
        image = image.transpose(Image.Transpose.ROTATE_90)
        exif[0x0112] = TURNED
    buffer = io.BytesIO()
    image.save(buffer, format=kind, exif=exif)
    return buffer.getvalue()


def bomb(side: int) -> bytes:
    """A PNG that says it has side x side pixels, in a few hundred bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 10_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def add(house: House, data: bytes, **told: Any) -> httpx.Response:
    return await house.http.post("/api/avatars", content=data, params=told)


@pytest.fixture
async def small_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(uploaded, "KEPT", 2)
    async with House(tmp_path) as opened:
        yield opened


async def test_the_list_begins_with_the_drawn_one(house: House) -> None:
    rows = (await house.http.get("/api/avatars")).json()["avatars"]
    assert rows[0] == {
        "avatar": "presenter",
        "title": "Presenter",
        "kind": "drawn",
        "picture": "/api/avatars/presenter/picture",
        "default": True,
    }


async def test_a_picture_is_shown_whole_and_small_and_is_not_sent_twice(house: House) -> None:
    whole = await house.http.get("/api/avatars/presenter/picture")
    assert Image.open(io.BytesIO(whole.content)).size == (512, 512)
    small = await house.http.get("/api/avatars/presenter/picture?size=150")
    assert Image.open(io.BytesIO(small.content)).size == (160, 160)
    assert len(small.content) < 20_000
    again = await house.http.get("/api/avatars/presenter/picture", headers={"If-None-Match": whole.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_brought_picture_is_listed_with_where_its_face_is(house: House) -> None:
    answer = await add(house, picture(), title="  Me\n ")
    assert answer.status_code == 201
    told = answer.json()
    assert (told["title"], told["kind"]) == ("Me", "uploaded")
    assert told["landmarks"]["width"] == SIDE
    mouth = told["landmarks"]["mouth"]["line"]
    assert abs(mouth[0] - 0.5 * SIDE) < 8
    assert abs(mouth[1] - 0.566 * SIDE) < 12
    listed = (await house.http.get("/api/avatars")).json()["avatars"]
    assert [row["avatar"] for row in listed] == [*DRAWN, told["avatar"]]
    shown = Image.open(io.BytesIO((await house.http.get(told["picture"])).content))
    assert np.array_equal(np.asarray(shown), draw_presenter(SIDE, SIDE))


async def test_who_brings_a_picture_is_told_what_would_speak_better(house: House) -> None:
    one = draw_presenter(SIDE, SIDE)
    small = np.asarray(Image.fromarray(one).resize((SIDE // 2, SIDE // 2)))
    buffer = io.BytesIO()
    Image.fromarray(np.hstack([one, np.vstack([small, small])])).save(buffer, format="PNG")
    told = (await add(house, buffer.getvalue())).json()
    assert "faces were found; the largest" in told["notes"][0]
    assert (await add(house, picture())).json()["notes"] == []


async def test_a_photo_that_lies_on_its_side_is_kept_upright(house: House) -> None:
    answer = await add(house, picture("JPEG", turned=True))
    assert answer.status_code == 201
    shown = Image.open(io.BytesIO((await house.http.get(answer.json()["picture"])).content))
    difference = np.asarray(shown, dtype=int) - draw_presenter(SIDE, SIDE)
    assert np.abs(difference).mean() < 4


async def test_a_large_picture_is_kept_as_large_as_it_can_be_seen(house: House) -> None:
    large = Image.fromarray(draw_presenter(SIDE, SIDE)).resize((4000, 3000))
    buffer = io.BytesIO()
    large.save(buffer, format="JPEG")
    told = (await add(house, buffer.getvalue())).json()
    assert (told["landmarks"]["width"], told["landmarks"]["height"]) == (1536, 1152)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (lambda: b"", "picture.unreadable"),
        (lambda: b"%PDF-1.7 not a picture", "picture.unreadable"),
        (lambda: picture("JPEG")[:3000], "picture.unreadable"),
        (lambda: bomb(20_000), "picture.too_large"),
        (lambda: bomb(5000), "picture.unreadable"),
        (lambda: picture(side=24), "picture.too_small"),
    ],
    ids=["empty", "another type", "truncated", "a bomb", "a bomb that is small enough", "tiny"],
)
async def test_what_cannot_be_an_avatar_is_refused_and_leaves_nothing(
    house: House, data: Callable[[], bytes], code: str
) -> None:
    answer = await add(house, data())
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert [row["avatar"] for row in (await house.http.get("/api/avatars")).json()["avatars"]] == [*DRAWN]
    assert list(house.data.glob("avatars/uploaded/*")) == []


async def test_a_picture_without_a_face_is_refused_or_taken_to_be_corrected(house: House) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (300, 400), (90, 120, 160)).save(buffer, format="PNG")
    refused = await add(house, buffer.getvalue())
    assert (refused.status_code, refused.json()["code"]) == (422, "picture.no_face")
    taken = await add(house, buffer.getvalue(), by_hand=True)
    assert taken.status_code == 201
    assert len(taken.json()["landmarks"]["eyes"]) == 2


async def test_a_body_over_the_limit_is_refused_before_it_is_kept(house: House) -> None:
    answer = await add(house, b"\xff" * (20 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")
    assert list(house.data.glob("avatars/uploaded/*")) == []


async def test_points_are_corrected_and_stay(house: House) -> None:
    told = (await add(house, picture())).json()
    address = f"/api/avatars/{told['avatar']}/landmarks"
    points = told["landmarks"]
    points["chin"][1] += 7
    answer = await house.http.put(address, json=points)
    assert (answer.status_code, answer.json()["chin"]) == (200, points["chin"])
    await house.restart()
    assert (await house.http.get(address)).json()["chin"] == points["chin"]
    again = (await add(house, picture(), title="Again")).json()
    assert (again["title"], again["landmarks"]["chin"]) == ("Again", points["chin"])


@pytest.mark.parametrize(
    ("change", "word"),
    [({"width": SIDE * 2}, "pixels"), ({"mouth": {}}, "mouth"), ({"face": "no"}, "face")],
    ids=["another size", "no mouth", "no numbers"],
)
async def test_points_that_no_face_can_have_are_refused(house: House, change: dict[str, Any], word: str) -> None:
    told = (await add(house, picture())).json()
    answer = await house.http.put(f"/api/avatars/{told['avatar']}/landmarks", json={**told["landmarks"], **change})
    assert (answer.status_code, answer.json()["code"]) == (422, "picture.landmarks")
    assert word in answer.json()["detail"]


async def test_what_nobody_brought_cannot_be_changed(house: House) -> None:
    for answer in (
        await house.http.put("/api/avatars/presenter/landmarks", json={}),
        await house.http.delete("/api/avatars/presenter"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "avatar.fixed")


@pytest.mark.parametrize("name", ["nobody", "u-0123456789abcdef", "..%2f..%2fsecret", "u-%2e%2e", "%00"])
async def test_an_avatar_that_is_not_there_is_a_404(house: House, name: str) -> None:
    for path in ("picture", "landmarks"):
        assert (await house.http.get(f"/api/avatars/{name}/{path}")).status_code == 404
    assert (await house.http.delete(f"/api/avatars/{name}")).status_code == 404


async def test_a_removed_one_is_gone(house: House) -> None:
    told = (await add(house, picture())).json()
    assert (await house.http.delete(f"/api/avatars/{told['avatar']}")).status_code == 204
    assert (await house.http.get(told["picture"])).status_code == 404
    assert list(house.data.glob("avatars/uploaded/*")) == []


async def test_one_too_many_takes_the_place_of_that_which_was_taken_longest_ago(small_house: House) -> None:
    ids = []
    for side in (300, 310, 320):
        ids.append((await add(small_house, picture(side=side))).json()["avatar"])
        os.utime(small_house.data / "avatars" / "uploaded" / f"{ids[-1]}.png", ns=(side, side))
    listed = (await small_house.http.get("/api/avatars")).json()["avatars"]
    assert [row["avatar"] for row in listed] == [*DRAWN, ids[2], ids[1]]


FOREIGN = (
    {"Origin": "https://attacker.test"},
    {"Host": "attacker.test", "Origin": "http://attacker.test"},
    {"X-Forwarded-For": "127.0.0.1"},
    {"Sec-Fetch-Site": "cross-site"},
)


@pytest.mark.parametrize("headers", FOREIGN, ids=["drive-by", "rebound name", "proxy", "no origin told"])
async def test_a_website_or_a_proxy_cannot_bring_correct_or_remove(house: House, headers: dict[str, str]) -> None:
    told = (await add(house, picture())).json()
    address = f"/api/avatars/{told['avatar']}"
    for answer in (
        await house.http.post("/api/avatars", content=b"\xff" * 5_000_000, headers=headers),
        await house.http.put(f"{address}/landmarks", json=told["landmarks"], headers=headers),
        await house.http.delete(address, headers=headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "access.denied")
    assert (await house.http.get(told["picture"])).status_code == 200


async def test_an_editor_may_and_its_browser_is_let_to(house: House) -> None:
    headers = {"Origin": "http://127.0.0.1:8188", "Sec-Fetch-Site": "same-site"}
    answer = await house.http.post("/api/avatars", content=picture(), headers=headers)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (201, "*")
    asked = {**headers, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization"}
    assert (await house.http.options("/api/avatars/x/landmarks", headers=asked)).status_code == 200


async def test_with_a_token_it_is_the_token_that_counts(tmp_path: Path) -> None:
    async with House(tmp_path, token="one-of-the-test") as house:
        assert (await add(house, picture())).status_code == 403
        headers = {"Authorization": "Bearer one-of-the-test", "X-Forwarded-For": "198.51.100.1"}
        assert (await house.http.post("/api/avatars", content=picture(), headers=headers)).status_code == 201


async def test_uploads_can_be_switched_off(tmp_path: Path) -> None:
    async with House(tmp_path, uploads=False) as house:
        answer = await add(house, picture())
        assert (answer.status_code, answer.json()["code"]) == (403, "access.denied")
        assert "ONAIR_UPLOADS" in answer.json()["detail"]
