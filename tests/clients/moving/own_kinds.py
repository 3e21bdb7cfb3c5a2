"""What somebody adds to ZenML by classes of their own: a flavor of orchestrators, and a kind of code repositories."""

from pathlib import Path

from zenml.code_repositories import BaseCodeRepository, LocalRepositoryContext
from zenml.orchestrators.local.local_orchestrator import LocalOrchestrator, LocalOrchestratorFlavor

HERE = Path(__file__).parent


class NightOrchestrator(LocalOrchestrator):
    """Works as the local one does."""


class NightOrchestratorFlavor(LocalOrchestratorFlavor):
    """A flavor that does not come with the client."""

    @property
    def name(self) -> str:
        return "night"

    @property
    def docs_url(self) -> str:
        return "https://example.com/night"

    @property
    def logo_url(self) -> str:
        return "https://example.com/night.png"

    @property
    def implementation_class(self) -> type[NightOrchestrator]:
        return NightOrchestrator


class Shelf(LocalRepositoryContext):
    """The folder that the programs lie in, as a clean state of a repository."""

    @property
    def root(self) -> str:
        return str(HERE)

    @property
    def is_dirty(self) -> bool:
        return False

    @property
    def has_local_changes(self) -> bool:
        return False

    @property
    def current_commit(self) -> str:
        return "0123abcd" * 5


class ShelfRepository(BaseCodeRepository):
    """A repository that needs no server."""

    def login(self) -> None:
        """Nobody asks who it is."""

    def download_files(self, commit: str, directory: str, repo_sub_directory: str | None) -> None:
        """Nothing is fetched from here."""

    def get_local_context(self, path: str) -> LocalRepositoryContext:
        return Shelf(self)
