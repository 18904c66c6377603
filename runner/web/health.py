"""Is the process alive, is it ready and if not why, and its figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

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


def health_router(*, readiness: Readiness, metrics: Callable[[], bytes]) -> APIRouter:
    """Routes `/health/live`, `/health/ready`, `/metrics` (Prometheus text), by GET and, as load balancers ask, HEAD."""
    router = APIRouter(tags=["health"])

    @router.head("/health/live", include_in_schema=False)
    @router.get("/health/live")
    async def live() -> dict[str, str]:
        """Answer as long as the loop turns."""
        return {"status": "live"}

    @router.head("/health/ready", include_in_schema=False)
    @router.get("/health/ready")
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
    @router.get("/metrics")
    async def read_metrics() -> Response:
        """Figures for a scraper, in Prometheus' text format."""
        return Response(metrics(), media_type=METRICS_TYPE, headers=NO_STORE)

    return router
