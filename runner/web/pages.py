"""The page: its files from this package, hls.js from the data folder, settings written into the HTML."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from .cached import answer_cached
from .page_settings import PageSettings
from .problem import NotFound

PAGE = Path(__file__).with_name("page")
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
SETTINGS_MARK = "/*settings*/{}"
MODULES_MARK = "<!--modules-->"
POSTER_MARK = 'data-poster=""'
POSTER_LINK_MARK = "<!--poster-->"
ENTRY = re.compile(r'<script src="/page/(\S+\.js)" type="module">')
IMPORT = re.compile(r'^(?:import|export|\}).*? from "(\.{1,2}/[^"]+)";', re.MULTILINE)
POLICY = "; ".join(
    (
        "default-src 'self'",
        "connect-src 'self' ws: wss:",
        "media-src 'self' blob:",  # Media Source
        "worker-src 'self' blob:",  # hls.js remuxes in a worker made from a blob
        "img-src 'self' data: blob:",  # blob: a picture that was chosen, before it is sent
        "base-uri 'none'",
        "form-action 'none'",
    )
)


def pages_router(*, page_settings: PageSettings, hls_js: Path | None) -> APIRouter:
    """Routes `/`, `/page/{name}` and `/vendor/hls.min.js`.

    Only names that lay in the page's folder at start are served, so no path can lead out of it.
    """
    router = APIRouter(include_in_schema=False)
    files = {
        path.relative_to(PAGE).as_posix(): path.read_bytes()
        for path in sorted(PAGE.rglob("*"))
        if path.is_file() and path.suffix in TYPES
    }
    htmls = [name for name in files if name.endswith(".html")]
    views = {Path(name).stem: with_modules(files.pop(name).decode(), files) for name in htmls}

    async def home(request: Request) -> Response:
        headers = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}
        html = with_settings(views[view_of(request.query_params)], page_settings(request))
        return answer_cached(request, html.encode(), media_type=TYPES[".html"], headers=headers)

    async def page_file(name: str, request: Request) -> Response:
        if name not in files:
            raise NotFound(f"The page has no file {name[:80]!r}; open / instead.")
        return answer_cached(request, files[name], media_type=TYPES[Path(name).suffix])

    def vendor(request: Request) -> Response:
        if hls_js is None or not hls_js.is_file():
            raise NotFound(
                "hls.js was not fetched; run python3 install.py setup, or take a browser that plays HLS itself.",
                code="vendor.missing",
            )
        return answer_cached(request, hls_js.read_bytes(), media_type=TYPES[".js"])

    for path, answer in (("/", home), ("/page/{name:path}", page_file), ("/vendor/hls.min.js", vendor)):
        router.add_api_route(path, answer, methods=["GET", "HEAD"], response_class=Response)
    return router


def view_of(query: Mapping[str, str]) -> str:
    """Tell which HTML an address asks for: the studio, the bare picture, or the points of a face."""
    if query.get("view") == "landmarks":
        return "landmarks"
    return "viewer" if query.get("view") == "stage" or query.get("channel") else "index"


def with_settings(html: str, settings: Mapping[str, object]) -> str:
    """Write the settings into a view, and the default avatar's picture, which is there before any script runs."""
    avatar, link, src = settings.get("avatar"), "", ""
    if isinstance(avatar, str) and avatar:
        address = f"/api/avatars/{quote(avatar, safe='')}/picture?size=1024"
        # Before the modules: a browser fetches six files at a time.
        link, src = f'<link rel="preload" as="image" href="{address}" fetchpriority="high">', f'src="{address}"'
    text = json.dumps(dict(settings)).replace("<", "\\u003c")
    return html.replace(POSTER_MARK, src).replace(POSTER_LINK_MARK, link).replace(SETTINGS_MARK, text)


def with_modules(html: str, files: Mapping[str, bytes]) -> str:
    """Name all modules of a view in its head: found one import after the other they would cost a round trip each."""
    entry = ENTRY.search(html)
    modules = sorted(_closure(entry.group(1), files)) if entry is not None else []
    links = "\n".join(f'<link rel="modulepreload" href="/page/{name}">' for name in modules)
    return html.replace(MODULES_MARK, links)


def _closure(entry: str, files: Mapping[str, bytes]) -> set[str]:
    found, waiting = set[str](), [entry]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            here = posixpath.dirname(name)
            named = IMPORT.findall(files[name].decode())
            waiting += [posixpath.normpath(posixpath.join(here, one)) for one in named]
    return found
