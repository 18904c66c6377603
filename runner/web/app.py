"""The web application: one router a file, every error a problem+json, the stream open to other origins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI
from starlette.middleware.cors import CORSMiddleware

from runner.avatars import Avatars
from runner.voice_samples import VoiceSamples

from .access import Access
from .avatars import avatars_router
from .described import DESCRIPTION, RESPONSES, TAGS
from .guard import Guard
from .health import Bundle, LogLines, Readiness, diagnostics_router, health_router
from .hls_files import hls_router
from .listings import listings_router
from .page_settings import PageFacts, settings_for
from .pages import pages_router
from .problem import OnError, install_handlers
from .sessions import sessions_router
from .socket import socket_router
from .uploads import uploads_router
from .workflows import Judge, workflows_router

if TYPE_CHECKING:
    from runner.live.hub import Hub


def create_app(
    hub: Hub,
    *,
    samples: VoiceSamples,
    avatars: Avatars,
    metrics: Callable[[], bytes],
    readiness: Readiness,
    bundle: Bundle,
    log_lines: LogLines,
    judge: Judge | None,
    access: Access,
    page: PageFacts,
    hls_js: Path | None,
    version: str,
    on_error: OnError = lambda code: None,
) -> FastAPI:
    """Join the routers over one hub; `access` guards what not everybody may do."""
    app = FastAPI(
        title="OnAir",
        summary="A talking avatar, on air.",
        description=DESCRIPTION,
        version=version,
        openapi_tags=TAGS,
        responses=RESPONSES,
        redoc_url=None,
    )
    install_handlers(app, on_error=on_error)
    app.include_router(pages_router(page_settings=settings_for(page, access), hls_js=hls_js))
    app.include_router(hls_router(hub))
    app.include_router(sessions_router(hub))
    app.include_router(avatars_router(avatars, default=lambda: page.avatar))
    app.include_router(_uploads(hub, avatars, access=access, page=page))
    app.include_router(listings_router(hub, samples=samples))
    app.include_router(workflows_router(hub, judge=judge, access=access))
    app.include_router(diagnostics_router(bundle=bundle, log_lines=log_lines, readiness=readiness, access=access))
    app.include_router(health_router(readiness=readiness, metrics=metrics))
    app.include_router(socket_router(hub, on_error=on_error))
    app.add_middleware(Guard)
    _open_to_other_origins(app)  # around the guard: a page of another origin may read its refusals, too
    return app


def _uploads(hub: Hub, avatars: Avatars, *, access: Access, page: PageFacts) -> APIRouter:
    return uploads_router(
        avatars,
        access=access,
        allowed=page.uploads,
        default=lambda: page.avatar,
        in_use=lambda: {scene.avatar for scene in hub.scenes_on_air() if scene.avatar is not None},
        changed=hub.forget_avatar,
    )


def _open_to_other_origins(app: FastAPI) -> None:
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],  # no cookie is ever looked at, so another origin gains nothing by being let in
        allow_methods=["*"],  # a method that an address does not take is refused there, with a code
        allow_headers=["*"],
        expose_headers=["Content-Range", "Accept-Ranges", "Content-Length"],
        max_age=86_400,
    )
