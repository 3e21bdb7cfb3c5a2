"""Pages of lists in the MLflow-shaped family: a token leads from one to the next.

Clients may also ask for an offset; a token counts more.
"""

from isogloss.adapters.truefoundry.guesses import DEFAULT_LIMIT, GREATEST_LIMIT
from isogloss.adapters.truefoundry.pages import Asked
from isogloss.adapters.truefoundry.searches import page_token, read_page_token


def asked_page(max_results: int | None, offset: int | None, token: str | None, where: str = "body") -> Asked:
    """The rows that are asked for. Raises ``Malformed`` for a token that is none."""
    limit = min(max_results or DEFAULT_LIMIT, GREATEST_LIMIT)
    if not token:
        return Asked(limit, offset or 0)
    return Asked(limit, read_page_token(token, f"{where}.page_token"))


def following(asked: Asked, total: int) -> dict[str, object]:
    """How many rows there are, and the token of the next page where there is one."""
    end = asked.offset + asked.limit
    return {"total": total} | ({"next_page_token": page_token(end)} if end < total else {})
