"""Between the registry's instants and the moments that Prefect prints."""

from datetime import UTC, datetime, timedelta

from isogloss.core.model import Instant

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND


def moment(instant: Instant) -> datetime:
    """The instant as a datetime in UTC; one that no calendar has becomes the first or the last that it has."""
    return _EPOCH + timedelta(microseconds=min(max(instant, _FIRST), _LAST))


def moment_or_none(instant: Instant | None) -> datetime | None:
    """As ``moment``, of an instant that may be missing."""
    return None if instant is None else moment(instant)


def instant_of(moment: datetime) -> Instant:
    """The microseconds since the epoch of a datetime that has a zone."""
    return (moment - _EPOCH) // _MICROSECOND


def seconds(microseconds: int) -> float:
    """A span as Prefect prints it: seconds, with the microseconds behind the point."""
    return microseconds / 1_000_000
