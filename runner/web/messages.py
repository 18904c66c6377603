"""Messages of the WebSocket, held against the one schema file that both sides share (CONTRACTS section 4)."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from runner.errors import BadInput
from runner.live.messages import VERSION, schema


class MessageRefused(BadInput):
    """A message that is not JSON, or not one of the schema's."""

    code = "message.invalid"


def parse(text: str) -> dict[str, Any]:
    """Read one message of a client. Raises: MessageRefused with what is wrong and where."""
    try:
        message = json.loads(text)
    except ValueError as exc:
        raise MessageRefused(
            f"The message is not JSON ({exc}); send one JSON object.", code="message.not_json"
        ) from exc
    except RecursionError as exc:
        raise MessageRefused(
            "The message is nested too deeply; send one flat JSON object.", code="message.not_json"
        ) from exc
    kind = message.get("type") if isinstance(message, dict) else None
    validators = _incoming()
    if not isinstance(kind, str) or kind not in validators:
        known = ", ".join(sorted(validators))
        raise MessageRefused(f"The message has no known type; set it to one of {known}.", code="message.unknown")
    fault = next(validators[kind].iter_errors(message), None)
    if fault is not None:
        where = ".".join(str(part) for part in fault.absolute_path) or kind
        told = (
            f"it is over {fault.validator_value} characters" if fault.validator == "maxLength" else fault.message[:200]
        )
        raise MessageRefused(f"{where}: {told}; correct it and send the message again.")
    for name, value in message.items():
        if not _is_text(value):
            raise MessageRefused(f"{name}: half of a character (a lone surrogate) stands in it; send whole characters.")
    return dict(message)


def encode(message: dict[str, Any]) -> str:
    """Write one message to a client; `v` is added where it is missing.

    What cannot be UTF-8 becomes `?`, wherever it came from: it would end this connection, and each that resumes it.
    """
    text = json.dumps({"v": VERSION, **message}, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", errors="replace").decode("utf-8")


def _is_text(value: object) -> bool:
    """Tell whether a JSON value can be UTF-8: an escape may be half of a character, as U+D800 alone."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


@cache
def _incoming() -> dict[str, Draft202012Validator]:
    """Give a validator for each type that a client may send; by type, because its faults read better than `oneOf`'s."""
    definitions = schema()["$defs"]
    found = {}
    for reference in definitions["in"]["oneOf"]:
        definition = definitions[reference["$ref"].rpartition("/")[2]]
        kind = definition["properties"]["type"]
        for name in kind.get("enum", [kind.get("const")]):
            found[name] = Draft202012Validator({**definition, "$defs": definitions})
    return found
