"""Settings: alone reads the environment (CONTRACTS section 7). Code elsewhere takes values, not `Settings`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from runner.errors import BadInput

REPOSITORY = Path(__file__).resolve().parents[1]


class Settings(BaseSettings):
    """Every setting with its default, its unit and its reason; `ONAIR_PORT=9000` or a line in `.env` sets one."""

    model_config = SettingsConfigDict(env_prefix="ONAIR_", env_file=".env", extra="ignore", populate_by_name=True)

    data: Path = Field(Path(".onair"), description="Where everything that is made at run time lies.")
    comfyui: str = Field(
        "", description="A ComfyUI folder to supervise, or the URL of a running one; empty: the one install.py made."
    )
    host: str = Field("127.0.0.1", description="Address to listen on. 0.0.0.0 lets other machines in.")
    port: int = Field(8000, ge=0, le=65535, description="Port of the page, the API and the stream; 0 takes a free one.")
    workflow: Path = Field(REPOSITORY / "workflows" / "portrait_live.json", description="The talk graph.")
    idle: Path | None = Field(None, description="The idle graph; empty: what the talk graph names.")
    avatar: Path | None = Field(None, description="A photo or drawing of a face; empty: the drawn presenter.")
    voice: str = Field("en-us", description="A voice id or a language tag.")
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
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
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


def load_settings(**given: object) -> Settings:
    """Read the environment and `.env`; what is given by name goes first.

    Raises: BadInput with the setting's name and what it takes.
    """
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic checks each value
    except ValidationError as exc:
        first = exc.errors()[0]
        name = "_".join(str(part) for part in first["loc"])
        raise BadInput(
            f"The setting {name} is {first.get('input')!r}; {first['msg'][:1].lower()}{first['msg'][1:]}. "
            "Correct the option, the variable or the line in .env that sets it.",
            code="settings.bad",
        ) from exc
