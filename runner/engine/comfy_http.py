"""ComfyUI's HTTP calls as plain functions of one address; `requests` errors end here.

Long by its nature: one method a call. Every method blocks. An instance belongs to one thread (a session of `requests`
is not shared).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import requests

from runner.errors import ComfyUnreachable, EngineError
from runner.ports import ApiGraph, OutputFile, PromptJob

from .comfy_address import ComfyAddress
from .files import write_file, write_stream
from .http_session import new_session
from .rejection import rejection
from .tls import untrusted

CHUNK_BYTES = 1 << 20
AWAY = {502, 503, 504}
"""What a proxy says for a server that does not answer it."""
CLOSED = {401, 403, 407}
NOT_FOUND = 404
NO_FILE = {400, 403, NOT_FOUND}
"""What ComfyUI's `/view` says of a name that is none, leads out of its folders, or is not there."""


class ComfyHttp:
    """One address of a ComfyUI. Raises ComfyUnreachable wherever the server did not answer."""

    def __init__(self, address: ComfyAddress, *, timeout_s: float = 10.0) -> None:
        self.url = address.url
        self._timeout_s = timeout_s
        self._session = new_session(address)

    def close(self) -> None:
        """Close the kept connections."""
        self._session.close()

    def post_prompt(self, job: PromptJob, client_id: str, riding: ApiGraph | None = None) -> None:
        """Queue a prompt under its own id; `riding`: its passengers, without which it goes where they are refused.

        Raises: PromptRejected (400, or a 200 that names bad nodes).
        """
        body: dict[str, Any] = {"prompt_id": job.prompt_id, "client_id": client_id}
        if job.previews:
            body["extra_data"] = {"preview_method": "auto"}
        answer = self._call("POST", "/prompt", json={"prompt": {**job.graph, **(riding or {})}, **body})
        if riding and answer.status_code == 400:
            answer = self._call("POST", "/prompt", json={"prompt": job.graph, **body})
        told = _json(answer)
        if answer.status_code != 200:
            raise rejection(told, otherwise=answer.text[:500])
        if told.get("node_errors"):
            # The good outputs of the prompt are queued nevertheless.
            self.cancel(job.prompt_id)
            raise rejection(told, what="a part of the prompt")

    def job(self, prompt_id: str) -> dict[str, Any] | None:
        """Return the best truth about a prompt; None when ComfyUI does not know it."""
        answer = self._call("GET", f"/api/jobs/{quote(prompt_id)}")
        if answer.status_code == NOT_FOUND:
            return None
        self._expect_ok(answer)
        return _json(answer)

    def knows(self, prompt_id: str) -> bool:
        """Look in `/queue` and `/history`: a prompt that is there must not be sent again, it would run twice."""
        return self.job(prompt_id) is not None

    def running(self) -> str:
        """Return the ids of what runs now, ours or another's: while this changes the worker lives."""
        queue = _json(self._call("GET", "/queue"))
        return " ".join(str(entry[1]) for entry in queue.get("queue_running", []))

    def cancel(self, prompt_id: str) -> bool:
        """Cancel by id, pending or running; False when there was nothing to cancel."""
        answer = self._call("POST", f"/api/jobs/{quote(prompt_id)}/cancel")
        return answer.status_code == 200 and bool(_json(answer).get("cancelled"))

    def forget(self, prompt_id: str) -> None:
        """Delete a finished prompt from the history, which nothing else empties."""
        self._call("POST", "/history", json={"delete": [prompt_id]})

    def object_info(self) -> dict[str, Any]:
        """Return the node definitions. Raises: EngineError, also where a page of something else answers."""
        answer = self._call("GET", "/object_info", timeout=60)
        self._expect_ok(answer)
        told = _json(answer)
        if not any(isinstance(node, dict) and "input" in node for node in told.values()):
            raise EngineError(f"{self.url} answered /object_info with no node definitions; see whether it is a ComfyUI")
        return told

    def version(self) -> str:
        """Return ComfyUI's version, "unknown" where it does not tell."""
        return str((self.about().get("system") or {}).get("comfyui_version") or "unknown")

    def vram_bytes(self) -> int:
        """Return what is taken of all GPUs' memory, by whomever."""
        return sum(int(one.get("vram_total", 0)) - int(one.get("vram_free", 0)) for one in self._gpus())

    def free_vram_bytes(self) -> int:
        """Return what is free of the first GPU's memory; 0 without one."""
        return next((int(one.get("vram_free", 0)) for one in self._gpus()), 0)

    def _gpus(self) -> list[dict[str, Any]]:
        # Without a GPU the list holds the CPU, with the machine's memory.
        return [one for one in self.about().get("devices", []) if one.get("type") != "cpu"]

    def about(self) -> dict[str, Any]:
        """Return `/system_stats`: versions, memory, devices. Raises: ComfyUnreachable, EngineError."""
        answer = self._call("GET", "/system_stats")
        self._expect_ok(answer)
        return _json(answer)

    def upload(self, name: str, source: Path) -> None:
        """Put a file into the input folder under `name` (with subfolders), replacing what was there."""
        path = PurePosixPath(name)
        fields = {"subfolder": str(path.parent), "type": "input", "overwrite": "true"}
        with source.open("rb") as file:
            files = {"image": (path.name, file, "application/octet-stream")}
            answer = self._call("POST", "/upload/image", data=fields, files=files, timeout=120)
        self._expect_ok(answer)
        if _json(answer).get("name") != path.name:
            raise EngineError(f"ComfyUI stored {name} under another name, {_json(answer).get('name')}; see its log")

    def upload_new(self, source: Path) -> str:
        """Put a file beside what is in the input folder; return its name there, which ComfyUI chooses."""
        with source.open("rb") as file:
            files = {"image": (source.name, file, "application/octet-stream")}
            answer = self._call("POST", "/upload/image", data={"type": "input"}, files=files, timeout=120)
        if answer.status_code == 413:
            size_mb = source.stat().st_size / 1e6
            raise EngineError(
                f"ComfyUI at {self.url} takes no upload of {size_mb:.0f} MB; start it with a higher --max-upload-size"
            )
        self._expect_ok(answer)
        told = _json(answer)
        return str(PurePosixPath(str(told.get("subfolder") or "")) / str(told.get("name") or source.name))

    def view(self, file: OutputFile, target: Path) -> int:
        """Bring a file of any of ComfyUI's folders to `target`, in pieces; return its bytes. Raises: EngineError."""
        query = {"filename": file.name, "subfolder": file.subfolder, "type": file.kind}
        with self._call("GET", "/view", params=query, timeout=120, stream=True) as answer:
            self._expect_file(answer, f"file {file.name} in its {file.kind} folder")
            return write_stream(target, self._chunks(answer))

    def download(self, name: str, target: Path) -> None:
        """Bring a file of the output folder to `target`, whole or not at all."""
        path = PurePosixPath(name)
        query = {"filename": path.name, "subfolder": str(path.parent), "type": "output"}
        answer = self._call("GET", "/view", params=query, timeout=120)
        self._expect_file(answer, f"output {name}")
        write_file(target, answer.content)

    def _call(self, method: str, path: str, **options: Any) -> requests.Response:
        options.setdefault("timeout", self._timeout_s)
        try:
            answer = self._session.request(method, f"{self.url}{path}", allow_redirects=False, **options)
        except requests.RequestException as exc:
            raise untrusted(exc, self.url) or ComfyUnreachable(
                f"ComfyUI at {self.url} does not answer ({type(exc).__name__}); start it, or correct the address"
            ) from exc
        self._refuse_detour(answer, path)
        if answer.status_code in AWAY:
            raise ComfyUnreachable(
                f"the proxy at {self.url} cannot reach its ComfyUI (HTTP {answer.status_code}); start it, or correct "
                "the proxy"
            )
        return answer

    def _refuse_detour(self, answer: requests.Response, path: str) -> None:
        """Refuse what is no ComfyUI's answer: another address, or a closed door."""
        if answer.is_redirect:
            target = urlsplit(urljoin(answer.url, answer.headers["location"]))
            raise EngineError(
                f"{self.url} sends on to {target.scheme}://{target.netloc.rpartition('@')[2]}{target.path}; if that is "
                "the ComfyUI, give its address, else log in with --header or ONAIR_COMFYUI_TOKEN",
                code="comfy.redirected",
            )
        if answer.status_code in CLOSED and path != "/view":  # which says 403 of a file that nobody may see
            raise EngineError(
                f"{self.url} lets nobody in without leave (HTTP {answer.status_code}); give the right one with "
                "ONAIR_COMFYUI_TOKEN or --header",
                code="comfy.denied",
            )

    def _chunks(self, answer: requests.Response) -> Iterator[bytes]:
        try:
            yield from answer.iter_content(CHUNK_BYTES)
        except requests.RequestException as exc:
            raise ComfyUnreachable(
                f"ComfyUI at {self.url} broke off while it sent a file ({type(exc).__name__}); run it again"
            ) from exc

    def _expect_file(self, answer: requests.Response, what: str) -> None:
        if answer.status_code in NO_FILE:
            raise EngineError(f"ComfyUI has no {what} (HTTP {answer.status_code}); see its log", code="engine.no_file")
        self._expect_ok(answer)

    def _expect_ok(self, answer: requests.Response) -> None:
        if answer.status_code != 200:
            path = answer.request.path_url
            raise EngineError(
                f"{self.url} answered HTTP {answer.status_code} to {path}; see whether a ComfyUI is there"
            )


def _json(answer: requests.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
