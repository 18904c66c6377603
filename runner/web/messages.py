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
        raise MessageRefused(f"{where}: {fault.message[:200]}; correct it and send the message again.")
    return dict(message)


def encode(message: dict[str, Any]) -> str:
    """Write one message to a client; `v` is added where it is missing."""
    return json.dumps({"v": VERSION, **message}, ensure_ascii=False, separators=(",", ":"))


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
