"""Artifacts of every kind, made in a flow and in a task."""

from pieces import ADDRESS, COLUMNS, PICTURE, PROGRESS, ROWS, TEXT
from prefect import flow, task
from prefect.artifacts import (
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)


@task
def measure() -> None:
    """What a task makes."""
    create_table_artifact(ROWS, key="daily-table", description="rows")
    create_table_artifact(COLUMNS, key="daily-columns")
    moving = create_progress_artifact(12.0, key="daily-progress")
    update_progress_artifact(moving, PROGRESS)


@flow
def report() -> None:
    """What a flow makes by itself."""
    measure()
    create_markdown_artifact(TEXT, key="daily-markdown", description="a report")
    create_link_artifact(ADDRESS, key="daily-link", link_text="results")
    create_image_artifact(PICTURE, key="daily-image")


report()
print("done")
