"""Who is let in: where credentials are asked for, the client's own settings give them; wrong ones are refused."""

import os
from typing import Any

from checks import expect, unique
from prefect.artifacts import Artifact, create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactCreate
from prefect.exceptions import PrefectHTTPStatusError
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_KEY, temporary_settings

name = unique("credentials")
user = os.environ.get("PREFECT_API_AUTH_STRING")


def create(updates: dict[Any, str]) -> int:
    """The status that a client with these credentials alone gets for a create."""
    with (
        temporary_settings(updates=updates, restore_defaults={PREFECT_API_AUTH_STRING} - set(updates)),
        get_client(sync_client=True) as client,
    ):
        try:
            client.create_artifact(ArtifactCreate(key=name, data="by somebody"))
        except PrefectHTTPStatusError as error:
            expect(error.response.json(), {"exception_message": "Unauthorized"}, "what is said")
            return error.response.status_code
        return 201


identifier = create_markdown_artifact("mine", key=name)
expect(Artifact.get(name).id, identifier, "the client's settings are good")
refused = 401 if user else 201
expect(create({PREFECT_API_AUTH_STRING: "nobody:nothing"}), refused, "somebody else")
expect(create({}), refused, "nobody")
expect(create({PREFECT_API_KEY: "nonsense"}), refused, "a key of nobody")
if user:
    word, _, token = user.partition(":")
    expect(create({PREFECT_API_AUTH_STRING: f"{word}:{token[:-2]}"}), 401, "half a token")
    expect(create({PREFECT_API_KEY: token}), 201, "the token as a key")
print("done")
