"""Settings: alone reads the environment (CONTRACTS section 7). Code elsewhere takes values, not `Settings`.

Over 200 lines, because every setting stands here with its default, its unit and its reason.
"""

from __future__ import annotations

import difflib
import re
import types
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, SettingsConfigDict

from runner.errors import BadInput

REPOSITORY = Path(__file__).resolve().parents[1]
OF_OTHERS = ("ONAIR_CHILD", "ONAIR_TORCH_INDEX", "ONAIR_HLS_JS", "ONAIR_MODEL_HOST")
"""What other parts read: the pack inside our ComfyUI, and install.py."""
OF_TESTS = "ONAIR_TEST_"
ADDRESSES = ("comfyui", "also", "comfyui_url")
SHORTEST_TOKEN = 8
NEAR = 0.8  # of 1: the beginning that all names share must not make them near


class Settings(BaseSettings):
    """Every setting with its default, its unit and its reason; `ONAIR_PORT=9000` or a line in `.env` sets one."""

    model_config = SettingsConfigDict(
        env_prefix="ONAIR_", env_file=".env", env_ignore_empty=True, extra="ignore", populate_by_name=True
    )

    data: Path = Field(Path(".onair"), description="Where everything that is made at run time lies.")
    comfyui: str = Field(
        "", description="A ComfyUI folder to supervise, or the URL of a running one; empty: the one install.py made."
    )
    comfyui_token: SecretStr = Field(SecretStr(""), description="Sent to a ComfyUI by URL as Authorization: Bearer.")
    comfyui_token_file: Path | None = Field(None, description="A file that holds the token, instead of the token.")
    comfyui_headers: SecretStr = Field(
        SecretStr(""), description="Other headers for a ComfyUI by URL, each `Name: value` on a line of its own."
    )
    engines: int = Field(
        1, ge=1, le=16, description="So many ComfyUIs of that folder, each on a GPU of its own, share what is rendered."
    )
    also: str = Field("", description="URLs of further ComfyUIs that share what is rendered, separated by commas.")
    passage_ms: int = Field(
        6000,
        ge=0,
        le=600_000,
        description="At least so long does a generated face speak before it comes back to its picture, in a pause; "
        "0: only at the end.",
    )
    by_clause: bool = Field(
        False, description="Speak each sentence as soon as it is rendered, idle between, where rendering is slow."
    )
    host: str = Field("127.0.0.1", description="Address to listen on. 0.0.0.0 lets other machines in.")
    token: SecretStr = Field(
        SecretStr(""), description="Lets in who may upload, check and swap, from any machine, as Authorization: Bearer."
    )
    token_file: Path | None = Field(None, description="A file that holds the token, instead of the token.")
    editors: str = Field(
        "http://127.0.0.1:8188,http://localhost:8188",
        description="Origins of ComfyUI's editor that may do so without a token on this machine, separated by commas.",
    )
    uploads: bool = Field(True, description="False: nobody can bring a picture of their own to the page.")
    comfyui_url: str = Field(
        "", description="Where a browser opens ComfyUI's editor; empty: known only where ComfyUI was given by URL."
    )
    port: int = Field(8000, ge=0, le=65535, description="Port of the page, the API and the stream; 0 takes a free one.")
    workflow: Path = Field(REPOSITORY / "workflows" / "portrait_live.json", description="The talk graph.")
    idle: Path | None = Field(None, description="The idle graph; empty: what the talk graph names.")
    avatar: Path | None = Field(
        None, description="A photo or drawing of a face, or a drawn one's name; empty: the presenter."
    )
    voice: str = Field("en-us", description="A voice id or a language tag.")
    second_voice: str = Field("", description="The second speaker's, in a graph of two; empty: the same voice.")
    speed: float = Field(1.0, ge=0.5, le=2.0, description="Rate of speech; 1 is the voice's own.")
    lead_ms: int = Field(
        320, ge=160, le=5000, description="How far the published end runs ahead of the clock: one part, to begin with."
    )
    behind_ms: int = Field(
        700,
        ge=350,
        le=10_000,
        description="How far the page holds its playhead behind the edge: 421-676 ms latency, no stall.",
    )
    sessions: int = Field(8, ge=1, le=1000, description="At most so many conversations at once.")
    kept_minutes: int = Field(
        10,
        ge=2,
        description="How long the files of an ended stream stay, for players that still read them; then they go.",
    )
    silence_ms: int = Field(
        10_000,
        ge=1000,
        description="A ComfyUI that holds a prompt and neither tells of progress nor works for so long is restarted; "
        "one that works without a word after six times as long.",
    )
    memory_percent: int = Field(
        60,
        ge=5,
        le=95,
        description="ComfyUI is started anew between turns when it has grown beyond this share of the memory.",
    )
    quant: Literal["auto", "bf16", "fp8", "gguf"] = Field(
        "auto",
        description="Which form of a model's weights graphs load; auto: what ComfyUI has, the graph's own first.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="From which level on is told.")
    log_json: bool | None = Field(
        None,
        description="Logs as JSON lines; false: plain text for people; empty: JSON where the output is no terminal.",
    )
    rehearsal: bool = Field(
        True, description="Render one sentence for nobody before going on air: a fault is told then, and the speed."
    )
    allow_generation: bool = Field(
        True, validation_alias="ALLOW_GENERATION", description="False: nothing is rendered, the stream idles."
    )
    fake_run: bool = Field(
        False, validation_alias="FAKE_RUN", description="True: real speech over idle frames, no prompt is sent."
    )

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_capitals(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @property
    def headers(self) -> list[str]:
        """The headers for a ComfyUI by URL, each `Name: value`, unread."""
        return [line for line in self.comfyui_headers.get_secret_value().splitlines() if line.strip()]

    @property
    def engine_token(self) -> str:
        """The token for a ComfyUI by URL, "" for none. Raises: BadInput `settings.bad` for a file without one."""
        return _secret(self.comfyui_token, self.comfyui_token_file, "ONAIR_COMFYUI_TOKEN_FILE")

    @property
    def access_token(self) -> str:
        """The token that lets requests in, "" for none. Raises: as `engine_token`, or for one that cannot be sent."""
        token = _secret(self.token, self.token_file, "ONAIR_TOKEN_FILE")
        if token and not (
            token.isascii() and token.isprintable() and " " not in token and len(token) >= SHORTEST_TOKEN
        ):
            raise BadInput(
                f"ONAIR_TOKEN cannot be used: give at least {SHORTEST_TOKEN} letters and digits, without a space",
                code="settings.bad",
            )
        return token

    @property
    def editor_origins(self) -> frozenset[str]:
        """The editors' origins, as browsers send them. Raises: BadInput `settings.bad` for one that is no origin."""
        told = [one.strip().rstrip("/").lower() for one in self.editors.split(",") if one.strip()]
        for one in told:
            if re.fullmatch(r"https?://[^/?#@\s]+", one) is None:
                sentence = f"ONAIR_EDITORS names {one!r}; give origins like http://127.0.0.1:8188, separated by commas"
                raise BadInput(sentence, code="settings.bad")
        return frozenset(told)

    def check_access(self) -> None:
        """Refuse who may come in before anything is started. Raises: as `access_token` and `editor_origins`."""
        _ = self.access_token, self.editor_origins

    def told(self) -> dict[str, object]:
        """Return what may be shown: of a secret and an address that there is one, of a path its name."""
        shown: dict[str, object] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, SecretStr):
                value = "set" if value.get_secret_value() else ""
            elif isinstance(value, Path):
                value = value.name
            elif name in ADDRESSES and value:
                value = "an address" if "://" in value else "a folder"
            shown[name] = value
        return shown


def _secret(told: SecretStr, path: Path | None, variable: str) -> str:
    """Return a secret, from the file where one is named. Raises: BadInput `settings.bad`."""
    if path is None:
        return told.get_secret_value().strip()
    try:
        found = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        sentence = f"{variable} is {path}, which cannot be read; name a file that holds the token"
        raise BadInput(sentence, code="settings.bad") from exc
    if not found:
        raise BadInput(f"{variable} is {path}, which is empty; put the token into it", code="settings.bad")
    return found


def load_settings(**given: object) -> Settings:
    """Read the environment and `.env`; what is given by name goes first.

    Raises: BadInput `settings.bad` with the setting's name and what it takes; also for a name that nothing reads.
    """
    try:
        _refuse_unknown()
        return Settings(**given)  # type: ignore[arg-type]  # pydantic checks each value
    except ValidationError as exc:
        raise BadInput(_sentence(exc, given), code="settings.bad") from exc
    except (UnicodeDecodeError, OSError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8 text"
        sentence = f"the file {Path('.env').resolve()} cannot be read: {reason}; save it anew as UTF-8, or remove it"
        raise BadInput(sentence, code="settings.bad") from exc


def _refuse_unknown() -> None:
    known = {*(_variable(name) for name in Settings.model_fields), *OF_OTHERS}
    for source in (EnvSettingsSource(Settings), DotEnvSettingsSource(Settings)):
        for name in map(str.upper, source.env_vars):
            if name.startswith("ONAIR_") and name not in known and not name.startswith(OF_TESTS):
                near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=NEAR)
                hint = (
                    f"did you mean {near[0]}?"
                    if near
                    else "see README.md and docs/settings.md for those that there are"
                )
                sentence = f"there is no setting {name} (environment or .env); correct or remove it: {hint}"
                raise BadInput(sentence, code="settings.bad")


def _variable(name: str) -> str:
    return str(Settings.model_fields[name].validation_alias or f"ONAIR_{name.upper()}")


def _sentence(exc: ValidationError, given: dict[str, object]) -> str:
    """Name the first value that is refused as its user wrote it, and what is taken instead."""
    first = exc.errors()[0]
    told = str(first["loc"][0])
    fields = Settings.model_fields
    name = next((known for known, field in fields.items() if told in (known, field.validation_alias)), told)
    field = fields[name]
    as_option, variable = f"--{name.replace('_', '-')}", _variable(name)
    where = as_option if name in given else f"{variable} (environment or .env)"
    return f"{where} is {first.get('input')!r}; give {_allowed(field)}"


def _allowed(field: FieldInfo) -> str:
    """What a setting takes, in words."""
    kinds = [kind for kind in _kinds(field.annotation) if kind is not type(None)]
    if get_origin(kinds[0]) is Literal:
        *most, last = get_args(kinds[0])
        return f"{', '.join(most)} or {last}"
    if kinds[0] is bool:
        return "true or false"
    if kinds[0] not in (int, float):
        return "a path" if kinds[0] is Path else "text"
    low, high = (
        next((getattr(rule, end) for rule in field.metadata if hasattr(rule, end)), None) for end in ("ge", "le")
    )
    what = "a whole number" if kinds[0] is int else "a number"
    return f"{what} from {low} to {high}" if high is not None else f"{what} of at least {low}"


def _kinds(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
