"""A run that goes on until a line comes in. Prints its id when it has begun, and ``done`` when it has ended."""

import sys

from prefect import flow, get_run_logger
from prefect.runtime import flow_run


@flow(name="patience", flow_run_name="waits-for-a-word")
def patience() -> None:
    """Wait for somebody to say something."""
    get_run_logger().info("listening")
    print(flow_run.id, flush=True)
    sys.stdin.readline()


patience()
print("done")
