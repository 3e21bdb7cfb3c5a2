"""A program that does, step by step, what it is told: lines of JSON come in, and for each goes out a marked one.

So one process of a client, which takes seconds to start, takes turns with those of other clients. It runs in the
client's own environment, without pytest.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

MARK = "answer: "
"""What such a line begins with: clients print things of their own while they are imported."""


def serve(*steps: Callable[..., Any]) -> None:
    """Do what the lines of standard input ask for, until it ends: a function by its name, with members by theirs.

    What clients print from then on goes to standard error.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    named = {step.__name__: step for step in steps}
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = {"answer": named[asked["step"]](**asked["given"])}
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(MARK + json.dumps(answer), file=answers, flush=True)


def found(look: Callable[[], Any]) -> Any:
    """What ``look`` finds; where it fails, how: so that one thing that is amiss hides no other."""
    try:
        return look()
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}", "trace": traceback.format_exc(limit=-4)}
