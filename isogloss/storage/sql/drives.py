"""What a tree says of the rows that satisfy it: whether they are few, and by which fields they are looked for."""

from isogloss.core.query import And, AnyOf, Compare, Has, Not, Operator, Or, Where
from isogloss.storage.sql.sources import Source


def is_selective(where: Where, source: Source, prefix: str = "") -> bool:
    """Whether few rows can satisfy the tree, and an index finds them; with a prefix, one on fields that begin so."""
    match where:
        case AnyOf(name, _) | Compare(name, Operator.EQ, _):
            return name in source.selective and name.startswith(prefix)
        case And(parts):
            # A bounded range, such as the ids that begin with a few characters, is as good as an equality.
            lows = {part.field for part in parts if isinstance(part, Compare) and part.operator is Operator.GE}
            highs = {part.field for part in parts if isinstance(part, Compare) and part.operator is Operator.LT}
            if any(name in source.selective and name.startswith(prefix) for name in lows & highs):
                return True
            return any(is_selective(part, source, prefix) for part in parts)
        case Has(name, inner):
            return not prefix and is_selective(inner, source.relations[name]().source)
    return False


def bounds_another(where: Where, field: str) -> bool:
    """Whether the tree demands of a field other than this one that it be less, or more, than something."""
    match where:
        case And(parts):
            return any(bounds_another(part, field) for part in parts)
        case Compare(name, operator, _):
            return operator is not Operator.EQ and name != field
    return False


def mentions(where: Where, prefixes: tuple[str, ...]) -> bool:
    """Whether a field or relation in the tree begins so."""
    match where:
        case And(parts) | Or(parts):
            return any(mentions(part, prefixes) for part in parts)
        case Not(part):
            return mentions(part, prefixes)
        case Has(relation, _):
            return relation.startswith(prefixes)
    return where.field.startswith(prefixes)
