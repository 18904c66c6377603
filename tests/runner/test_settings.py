"""Settings: what is empty is the default, what is wrong is named as its user wrote it, with what is taken instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import BadInput
from runner.settings import OF_OTHERS, Settings, load_settings

pytestmark = pytest.mark.fast
EMPTY = {
    "ONAIR_AVATAR": "avatar",
    "ONAIR_WORKFLOW": "workflow",
    "ONAIR_IDLE": "idle",
    "ONAIR_LOG_JSON": "log_json",
    "ONAIR_PORT": "port",
    "FAKE_RUN": "fake_run",
    "ALLOW_GENERATION": "allow_generation",
}


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, field in Settings.model_fields.items():
        monkeypatch.delenv(str(field.validation_alias or f"ONAIR_{name.upper()}"), raising=False)
    monkeypatch.chdir(tmp_path)


def refused(**given: object) -> str:
    with pytest.raises(BadInput) as caught:
        load_settings(**given)
    assert (caught.value.code, caught.value.exit_code) == ("settings.bad", 2)
    return str(caught.value)


@pytest.mark.parametrize("in_file", [False, True])
def test_an_empty_setting_is_the_default(in_file: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in EMPTY:
        if not in_file:
            monkeypatch.setenv(variable, "")
    if in_file:
        Path(".env").write_text("".join(f"{variable}=\n" for variable in EMPTY))
    settings = load_settings()
    for name in EMPTY.values():
        assert getattr(settings, name) == Settings.model_fields[name].default


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("ONAIR_PORT", "70000", "a whole number from 0 to 65535"),
        ("ONAIR_PORT", "soon", "a whole number from 0 to 65535"),
        ("ONAIR_SESSIONS", "0", "a whole number from 1 to 1000"),
        ("ONAIR_SPEED", "9", "a number from 0.5 to 2.0"),
        ("ONAIR_KEPT_MINUTES", "1", "a whole number of at least 2"),
        ("ONAIR_LOG_JSON", "perhaps", "true or false"),
        ("FAKE_RUN", "perhaps", "true or false"),
        ("ONAIR_LOG_LEVEL", "nonsense", "DEBUG, INFO, WARNING or ERROR"),
    ],
)
def test_a_bad_setting_is_named_with_what_it_takes(
    variable: str, value: str, allowed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    said = refused()
    assert said.startswith(f"{variable} (environment or .env) is ")
    assert value.upper() in said.upper()
    assert said.endswith(f"; give {allowed}")


def test_a_bad_option_is_named_as_an_option() -> None:
    assert refused(port=70000) == "--port is 70000; give a whole number from 0 to 65535"


def test_a_level_may_be_in_small_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONAIR_LOG_LEVEL", "debug")
    assert load_settings().log_level == "DEBUG"


def test_a_settings_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    Path(".env").write_bytes(b"ONAIR_VOICE=\xff\xfe\n")
    assert str(tmp_path / ".env") in refused()


@pytest.mark.parametrize("in_file", [False, True])
@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("ONAIR_PROT", "did you mean ONAIR_PORT?"),
        ("onair_vioce", "did you mean ONAIR_VOICE?"),
        ("ONAIR_ALLOW_GENERATION", "did you mean ALLOW_GENERATION?"),
        ("ONAIR_FOO", "see README.md"),
    ],
)
def test_a_name_that_nothing_reads_is_refused(
    name: str, advice: str, in_file: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if in_file:
        Path(".env").write_text(f"{name}=9\n")
    else:
        monkeypatch.setenv(name, "9")
    sentence = refused()
    assert sentence.startswith(f"there is no setting {name.upper()} ")
    assert advice in sentence


@pytest.mark.parametrize("name", [*OF_OTHERS, "ONAIR_TEST_ANYTHING", "onair_port", "OTHER_NAME"])
def test_what_other_parts_read_is_not(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "9")
    load_settings()
