"""What to answer when something fails that nobody expected: the dialect's shape of it, and the trace in the log."""

import logging

from isogloss.adapters.dialect import Answer
from isogloss.gateway.middleware.asgi import App, Receive, Scope, Send, send_answer
from isogloss.gateway.middleware.exchange import STATUS
from isogloss.gateway.middleware.switch import DIALECT

FAILED = Answer(status=500, body=b'{"detail":"Internal Server Error"}')
"""The answer where no dialect is concerned."""

logger = logging.getLogger("isogloss.gateway")


def answer_to_failure(scope: Scope, error: BaseException) -> Answer:
    """Log an unexpected error with its trace, and give the answer that the request's dialect has for it."""
    logger.error("%s %s failed", scope.get("method", scope["type"]), scope["path"], exc_info=error)
    dialect = scope.get(DIALECT)
    return FAILED if dialect is None else dialect.failed


class Failures:
    """Answers for an error that escaped all routes and layers beneath.

    Litestar turns errors of routes into answers by itself; what arrives here was raised around them, by the gate when
    the store does not answer, for example.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and answer for it if it fails before an answer began."""
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            if scope["type"] != "http" or scope[STATUS]:
                # Too late for an answer, or no place for one: the server closes the connection.
                raise
            await send_answer(answer_to_failure(scope, error), send)
