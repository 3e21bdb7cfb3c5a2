"""Moments as TrueFoundry writes them: in UTC, with microseconds and a Z."""

from datetime import UTC, datetime, timedelta

from isogloss.core.model import Instant

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def moment(instant: Instant) -> datetime:
    """The moment of an instant; the earliest or latest that can be written where the calendar does not have it."""
    try:
        return _EPOCH + timedelta(microseconds=instant)
    except OverflowError:
        return _FIRST if instant < 0 else _LAST
