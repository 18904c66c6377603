"""Forsaken: which sessions nobody will come back to, and which one may go first where there is no more room. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from hls.ticks import NS_PER_SECOND
from runner.live.session import Session

ABANDONED_NS = 60 * NS_PER_SECOND
SILENT_NS = 4 * NS_PER_SECOND
"""A page that is loaded again is back by then; one that was closed leaves nothing worth a minute of idle."""
QUIET_NS = 20 * NS_PER_SECOND
"""Who has spoken and is away for so long gives way to somebody who is there."""


def is_abandoned(session: Session, now_ns: int, *, after_ns: int = ABANDONED_NS) -> bool:
    """Whether nobody reads or plays it for a minute; for some seconds, where its page went without a word said."""
    if session.watched:
        return False
    unseen_ns = now_ns - _seen_ns(session)
    return unseen_ns > (min(SILENT_NS, after_ns) if session.was_watched and not session.has_spoken else after_ns)


def gives_way(sessions: Iterable[Session], now_ns: int) -> Session | None:
    """Return the session that is closed for a new one: its reader is gone, and it has nothing to say; the oldest."""
    away = [one for one in sessions if not one.watched and not one.speaking and _may_go(one, now_ns)]
    return min(away, key=lambda one: one.last_activity_ns, default=None)


def _may_go(session: Session, now_ns: int) -> bool:
    if session.was_watched and not session.has_spoken:
        return True
    return now_ns - _seen_ns(session) > QUIET_NS


def _seen_ns(session: Session) -> int:
    return max(session.last_activity_ns, session.channel.last_activity_ns if session.channel.own else 0)
