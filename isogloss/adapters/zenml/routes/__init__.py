"""ZenML's operations, by resource. Each module lists its own as ``ROUTES``."""

from isogloss.adapters.operations import Manner
from isogloss.adapters.reply import Reply
from isogloss.adapters.zenml.failures import reply_to
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.opening import reading, writing, writing_once

PREFIX = "/api/v1"

MANNER = Manner(
    dialect=DIALECT,
    prefix=PREFIX,
    reply_to=reply_to,
    not_allowed=Reply(b'{"detail":"Method Not Allowed"}', 405),
    read=reading,
    write=writing,
    posting=writing_once,
)
"""How all operations are served."""
