"""Pages of lists in the MLflow-shaped family: a token leads from one to the next.

A token is the offset of the page, which clients may also ask for in so many words; a token counts more.
"""

from isogloss.adapters.call import Malformed
from isogloss.adapters.truefoundry.fqn import GREATEST
from isogloss.adapters.truefoundry.guesses import DEFAULT_LIMIT, GREATEST_LIMIT
from isogloss.adapters.truefoundry.pages import Asked


def asked_page(max_results: int | None, offset: int | None, token: str | None, where: str = "body") -> Asked:
    """The rows that are asked for. Raises ``Malformed`` for a token that is none."""
    limit = min(max_results or DEFAULT_LIMIT, GREATEST_LIMIT)
    if not token:
        return Asked(limit, offset or 0)
    if not (token.isascii() and token.isdigit()) or int(token) > GREATEST:
        raise Malformed(f"{where}.page_token", f"{token!r} is no token of a page that was answered.")
    return Asked(limit, int(token))


def following(asked: Asked, total: int) -> dict[str, object]:
    """How many rows there are, and the token of the next page where there is one."""
    end = asked.offset + asked.limit
    return {"total": total} | ({"next_page_token": str(end)} if end < total else {})
