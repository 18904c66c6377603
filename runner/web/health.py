"""Is the process alive, is it ready and if not why, its figures, and what somebody who helps needs to know."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import APIRouter, Request, Response, Security
from fastapi.responses import JSONResponse

from .access import SCHEME, Access
from .problem import Fault, problem

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One thing the service needs: its name, whether it is ready, and if not, why."""

    name: str
    ready: bool
    reason: str = ""


Readiness = Callable[[], Sequence[Component]]


Bundle = Callable[[], Awaitable[dict[str, object]]]
LogLines = Callable[[], Sequence[Mapping[str, object]]]


def diagnostics_router(*, bundle: Bundle, log_lines: LogLines, readiness: Readiness, access: Access) -> APIRouter:
    """Route `/api/diagnostics`; the log's end is for those that `access` lets in."""
    router = APIRouter(tags=["health"])

    @router.get("/api/diagnostics", summary="A bundle for who helps")
    async def diagnostics(request: Request, _: Annotated[object, Security(SCHEME)] = None) -> Response:
        """Versions, machine, settings without secrets, components, counters, last errors.

        From this machine or with the token the log's end too, without tokens, ids and home folders.
        """
        told = {**await bundle(), "components": [asdict(component) for component in readiness()]}
        if access.allows(request):
            told["log"] = list(log_lines())
        return JSONResponse(told, headers=NO_STORE)

    return router


def health_router(*, readiness: Readiness, metrics: Callable[[], bytes]) -> APIRouter:
    """Routes `/health/live`, `/health/ready`, `/metrics` (Prometheus text), by GET and, as load balancers ask, HEAD."""
    router = APIRouter(tags=["health"])

    @router.head("/health/live", include_in_schema=False)
    @router.get("/health/live", summary="Is it alive")
    async def live() -> dict[str, str]:
        """Answer as long as the loop turns."""
        return {"status": "live"}

    @router.head("/health/ready", include_in_schema=False)
    @router.get("/health/ready", summary="Is it ready")
    async def ready() -> Response:
        """Answer 200 when every component is ready, else 503; the components and their reasons either way."""
        components = readiness()
        rows = [asdict(component) for component in components]
        missing = [component for component in components if not component.ready]
        if missing:
            reasons = "; ".join(f"{component.name}: {component.reason or 'not ready'}" for component in missing)
            fault = Fault(status=503, code="service.not_ready", message=f"Not ready. {reasons}.", retryable=True)
            return problem(fault, components=rows)
        return JSONResponse({"status": "ready", "components": rows}, headers=NO_STORE)

    @router.head("/metrics", include_in_schema=False)
    @router.get("/metrics", summary="Read its figures")
    async def read_metrics() -> Response:
        """Figures for a scraper, in Prometheus' text format."""
        return Response(metrics(), media_type=METRICS_TYPE, headers=NO_STORE)

    return router
