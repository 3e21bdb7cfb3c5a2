"""What a server of ZenML's clients makes by itself when it starts on an empty folder, and rows then refer to."""

from dataclasses import dataclass

from bench.servers import Launch, Server, ServerError, ask

PREFIX = "/api/v1"


@dataclass(frozen=True, slots=True)
class Owners:
    """The ids of the user that everybody is, of the project and of the artifact store that a client takes."""

    user: str
    project: str
    store: str


def first_start(launch: Launch) -> Owners:
    """Start the server once, ask it what a client asks first, and end it.

    Raises:
        ServerError: when it does not start, or has no project or artifact store to offer.

    """
    with Server(launch):
        user = ask(launch.port, f"{PREFIX}/current-user")
        return Owners(
            user=str(user["id"]),
            project=_default(launch, "/projects?name=default"),
            store=_default(launch, "/components?name=default&type=artifact_store"),
        )


def _default(launch: Launch, path: str) -> str:
    page = ask(launch.port, PREFIX + path)
    if page["total"] != 1:
        raise ServerError(f"{launch.name} has {page['total']} items, not one, at {path} after its first start")
    return str(page["items"][0]["id"])
