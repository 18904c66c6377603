from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from runner.settings import Settings
from tests.runner.web.house import House


async def test_the_logs_end_is_for_this_machine_alone(house: House) -> None:
    own = (await house.http.get("/api/diagnostics")).json()
    assert own["log"] == [{"message": "a line of the log"}]
    assert own["components"][0]["name"] == "engine"
    for headers in (
        {"X-Forwarded-For": "198.51.100.7"},
        {"Host": "attacker.test"},
        {"Origin": "https://attacker.test"},
    ):
        answer = await house.http.get("/api/diagnostics", headers=headers)
        assert answer.status_code == 200
        assert "log" not in answer.json()


def test_settings_are_told_without_secrets_addresses_and_folders() -> None:
    settings = Settings(
        token=SecretStr("s3cret-of-mine"),
        comfyui_headers=SecretStr("X-Key: s3cret"),
        comfyui="http://me:s3cret@comfy.test:8188",
        data=Path("/srv/s3cret/onair"),
        avatar=Path("/srv/s3cret/me.jpg"),
    )
    told = settings.told()
    assert "s3cret" not in str(told)
    assert (told["token"], told["comfyui"], told["avatar"]) == ("set", "an address", "me.jpg")
    assert told["comfyui_token"] == ""
