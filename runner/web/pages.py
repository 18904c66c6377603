"""The page: its files from this package, hls.js from the data folder, settings written into the HTML."""

from __future__ import annotations

import json
from pathlib import Path

from fastapi import APIRouter, Request, Response

from .cached import answer_cached
from .page_settings import PageSettings
from .problem import NotFound

PAGE = Path(__file__).with_name("page")
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
SETTINGS_MARK = "/*settings*/{}"
POLICY = "; ".join(
    (
        "default-src 'self'",
        "connect-src 'self' ws: wss:",
        "media-src 'self' blob:",  # Media Source
        "worker-src 'self' blob:",  # hls.js remuxes in a worker made from a blob
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
    )
)


def pages_router(*, page_settings: PageSettings, hls_js: Path | None) -> APIRouter:
    """Routes `/`, `/page/{name}` and `/vendor/hls.min.js`.

    Only names that lay in the page's folder at start are served, so no path can lead out of it.
    """
    router = APIRouter(include_in_schema=False)
    files = {path.name: path.read_bytes() for path in sorted(PAGE.iterdir()) if path.suffix in TYPES}
    index = files.pop("index.html").decode()

    async def home(request: Request) -> Response:
        headers = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"}
        text = json.dumps(dict(page_settings(request))).replace("<", "\\u003c")
        return answer_cached(
            request, index.replace(SETTINGS_MARK, text).encode(), media_type=TYPES[".html"], headers=headers
        )

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

    for path, answer in (("/", home), ("/page/{name}", page_file), ("/vendor/hls.min.js", vendor)):
        router.add_api_route(path, answer, methods=["GET", "HEAD"], response_class=Response)
    return router
