"""What lists of any kind of record may be asked."""

from isogloss.adapters.zenml.filters.artifacts import author
from isogloss.adapters.zenml.filters.language import (
    IS_NOT_NULL,
    IS_NULL,
    Condition,
    Kind,
    of_id,
    of_moment,
    of_text,
)
from isogloss.core.query import Compare, Has, Not, Operator, Where, all_of

COMMON = {
    "id": of_id("id"),
    "name": of_text("name"),
    "created": of_moment("created"),
    "updated": of_moment("updated"),
    "user": author(),
}
COMMON_SORTS = {"id": "id", "name": "name", "created": "created", "updated": "updated", "user": "author"}


def of_property(name: str, of_value: Kind | None = None) -> Kind:
    """What records are looked up by beside their own fields; text where no other kind of value is named."""
    value = of_value or of_text("value")
    named = Compare("name", Operator.EQ, name)

    def where(asked: Condition) -> Where:
        match asked.operator:
            case given if given == IS_NULL:
                return Not(Has("property", named))
            case given if given == IS_NOT_NULL:
                return Has("property", named)
        return Has("property", all_of(named, value(asked)))

    return where
