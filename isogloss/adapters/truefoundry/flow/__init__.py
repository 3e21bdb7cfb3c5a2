"""The MLflow-shaped family, which ``truefoundry.ml`` spoke up to 0.16: the same things in other shapes."""

from isogloss.adapters.operations import Route
from isogloss.adapters.truefoundry.flow.routes import (
    artifacts,
    datasets,
    experiments,
    files,
    runs,
    session,
    versions,
    writing,
)

FLOW_ROUTES: tuple[Route, ...] = (
    *session.ROUTES,
    *experiments.ROUTES,
    *artifacts.ROUTES,
    *versions.ROUTES,
    *writing.ROUTES,
    *files.ROUTES,
    *runs.ROUTES,
    *datasets.ROUTES,
)
"""What this family has, below its prefix."""
