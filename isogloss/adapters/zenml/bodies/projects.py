"""What clients send of projects."""

import re
from typing import Annotated, Any

from pydantic import Field, model_validator

from isogloss.adapters.zenml.bodies.common import Lenient, Name

ProjectName = Annotated[str, Field(min_length=1, max_length=50, pattern=r"^[a-z0-9_-]+$")]

_OTHERS = re.compile(r"[^a-z0-9_-]")


class ProjectRequest(Lenient):
    """A new project. Of name and display name, one stands for both."""

    name: ProjectName
    display_name: Name = ""
    description: Name = ""
    project_metadata: dict[str, Any] | None = None

    @model_validator(mode="before")
    @classmethod
    def _named(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        name, shown = data.get("name"), data.get("display_name")
        if not name and isinstance(shown, str) and shown:
            return data | {"name": _OTHERS.sub("", shown.lower().replace(" ", "-"))}
        return data if shown else data | {"display_name": name or ""}


class ProjectUpdate(Lenient):
    """Changes of a project."""

    name: ProjectName | None = None
    display_name: Name | None = None
    description: Name | None = None
    project_metadata: dict[str, Any] | None = None
