from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.runner.web.house import House, only_channel


async def playlist(house: House, query: str = "") -> httpx.Response:
    return await house.http.get(f"/hls/{await only_channel(house)}/manifest.m3u8{query}")


def parts(text: str) -> int:
    return text.count("#EXT-X-PART:")


async def test_a_newborn_channel_never_answers_an_empty_list(house: House) -> None:
    opened = (await house.http.post("/api/sessions")).json()
    address = opened["playlist"].replace("master", "manifest")
    answer = await house.http.get(address, headers={"Origin": "http://a.test"})
    assert answer.status_code == 200
    assert "#EXTINF" in answer.text
    assert answer.headers["content-type"].startswith("application/vnd.apple.mpegurl")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_a_reload_blocks_until_the_part_is_there(house: House) -> None:
    stream = (await house.channel()).stream
    msn, part = stream.next_part
    before = parts((await playlist(house)).text)
    answer = await playlist(house, f"?_HLS_msn={msn}&_HLS_part={part}")
    assert answer.status_code == 200
    assert parts(answer.text) > before
    assert stream.has(msn, part)


async def test_many_wait_for_the_same_part_and_all_are_answered(house: House) -> None:
    msn, part = (await house.channel()).stream.next_part
    answers = await asyncio.gather(*(playlist(house, f"?_HLS_msn={msn}&_HLS_part={part}") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?_HLS_msn=1000000", "playlist.future"),
        ("?_HLS_part=1", "playlist.query"),
        ("?_HLS_msn=-1", "playlist.query"),
        ("?_HLS_msn=abc", "playlist.query"),
        ("?_HLS_msn=99999999999999999999999999", "playlist.query"),
    ],
)
async def test_a_wrong_directive_is_a_400(house: House, query: str, code: str) -> None:
    answer = await playlist(house, query)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code


async def test_a_part_far_past_the_open_segment_is_a_400(house: House) -> None:
    msn, _ = (await house.channel()).stream.next_part
    assert (await playlist(house, f"?_HLS_msn={msn}&_HLS_part=99")).json()["code"] == "playlist.future"


async def test_the_hinted_part_is_held_until_it_exists(house: House) -> None:
    channel = await house.channel()
    name = channel.stream.hint
    assert channel.stream.read(name) is None
    answer = await house.http.get(f"/hls/{channel.id}/{name}")
    assert answer.status_code == 200
    assert answer.content[4:8] == b"moof"


async def test_every_name_of_the_list_is_served_and_may_be_kept_for_ever(house: House) -> None:
    channel = await only_channel(house)
    lines = (await playlist(house)).text.splitlines()
    uris = [line for line in lines if line and not line.startswith("#")]
    uris += [line.split('URI="')[1].split('"')[0] for line in lines if line.startswith(("#EXT-X-MAP", "#EXT-X-PART:"))]
    assert len(uris) >= 3
    for uri in uris:
        answer = await house.http.get(f"/hls/{channel}/{uri}")
        assert answer.status_code == 200, uri
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-type"] == "video/mp4"


async def test_the_master_names_the_manifest(house: House) -> None:
    answer = await house.http.get(f"/hls/{await only_channel(house)}/master.m3u8")
    assert "manifest.m3u8" in answer.text


async def test_head_tells_the_length_without_the_bytes(house: House) -> None:
    url = f"/hls/{await only_channel(house)}/init_0.mp4"
    whole, head = await house.http.get(url), await house.http.head(url)
    assert head.status_code == 200
    assert head.headers["content-length"] == str(len(whole.content))
    assert head.content == b""


@pytest.mark.parametrize(
    ("wanted", "status", "piece"),
    [
        ("bytes=0-3", 206, slice(0, 4)),
        ("bytes=4-", 206, slice(4, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=0-999999", 206, slice(0, None)),
        ("bytes=9-2", 200, slice(0, None)),
        ("bytes=0-1,4-5", 200, slice(0, None)),
        ("lines=1-2", 200, slice(0, None)),
    ],
)
async def test_a_range_is_the_piece_that_was_asked_for(house: House, wanted: str, status: int, piece: slice) -> None:
    url = f"/hls/{await only_channel(house)}/init_0.mp4"
    whole = (await house.http.get(url)).content
    answer = await house.http.get(url, headers={"Range": wanted})
    assert answer.status_code == status
    assert answer.content == whole[piece]
    if status == 206:
        start = range(len(whole))[piece].start
        assert answer.headers["content-range"] == f"bytes {start}-{start + len(answer.content) - 1}/{len(whole)}"


@pytest.mark.parametrize("wanted", ["bytes=99999999-", "bytes=-0"])
async def test_a_range_outside_is_a_416(house: House, wanted: str) -> None:
    url = f"/hls/{await only_channel(house)}/init_0.mp4"
    answer = await house.http.get(url, headers={"Range": wanted})
    assert answer.status_code == 416
    assert answer.json()["code"] == "range.bad"
    assert answer.headers["content-range"].startswith("bytes */")


@pytest.mark.parametrize(
    "name",
    [
        "..%2f..%2fjournal.json",
        "..%5c..%5cjournal.json",
        "%2e%2e%2fjournal.json",
        "....mp4",
        "a%00.mp4",
        "journal.json",
        "init_0.mp4%0a",
        "seg_x_9.m4s",
    ],
)
async def test_nothing_but_the_streams_own_files_is_served(house: House, name: str) -> None:
    answer = await house.http.get(f"/hls/{await only_channel(house)}/{name}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_unknown_channel_is_a_404(house: House) -> None:
    answer = await house.http.get("/hls/nobody/manifest.m3u8")
    assert (answer.status_code, answer.json()["code"]) == (404, "channel.unknown")
