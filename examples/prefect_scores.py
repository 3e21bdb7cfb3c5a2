"""First, with Prefect: a flow scores the day's customers, and reports them as a table and as a page of Markdown."""

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact


@task
def score() -> list[dict[str, object]]:
    """The day's customers, and how likely each is to leave."""
    return [
        {"customer": "Ana", "visits": 12, "score": 0.25},
        {"customer": "Łukasz", "visits": 3, "score": 0.75},
        {"customer": "Mei", "visits": 1, "score": 0.875},
    ]


@flow
def daily_scores() -> None:
    """Score the customers of a day, and report."""
    rows = score()
    leaving = [str(row["customer"]) for row in rows if float(str(row["score"])) > 0.5]
    create_table_artifact(key="daily-scores", table=rows, description="How likely each customer is to leave")
    create_markdown_artifact(key="daily-report", markdown=f"# Likely to leave\n\n{', '.join(leaving)}\n")
    print(f"Prefect wrote daily-scores, with {len(rows)} rows, and daily-report")


if __name__ == "__main__":
    daily_scores()
