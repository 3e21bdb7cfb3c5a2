"""Moments as ZenML writes them: in UTC, without a zone."""

from datetime import UTC, datetime, timedelta

from isogloss.core.model import Instant

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the vendor's moments bear no zone
_FIRST, _LAST = datetime.min, datetime.max  # noqa: DTZ901
_MICROSECOND = timedelta(microseconds=1)


def moment(instant: Instant) -> datetime:
    """The moment of an instant; the earliest or latest that can be written where the calendar does not have it."""
    try:
        return _EPOCH + timedelta(microseconds=instant)
    except OverflowError:
        return _FIRST if instant < 0 else _LAST


def optional_moment(instant: Instant | None) -> datetime | None:
    """As ``moment``, where there is one."""
    return None if instant is None else moment(instant)


def instant(given: datetime) -> Instant:
    """The instant of a moment, which is in UTC where it bears no zone."""
    if given.tzinfo is not None:
        given = given.astimezone(UTC).replace(tzinfo=None)
    return (given - _EPOCH) // _MICROSECOND
