"""Puts the rooms together: a store by its URL, the registry over it, the gate, and the app."""

import contextlib
import logging
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Protocol

from msgspec import Struct, structs

from isogloss.adapters.dialect import Dialect
from isogloss.core.access import Gate
from isogloss.core.ids import IdSource
from isogloss.core.model import Instant
from isogloss.core.places import SharedPlace
from isogloss.core.ports import Files, Objects, Parts, Rows, Signer, Store, Uploads
from isogloss.core.registry import Registry
from isogloss.core.registry.archive import unfinished_import
from isogloss.core.registry.doorkeeper import Doorkeeper, open_gate
from isogloss.core.registry.projects import ensure_default, ensure_identity
from isogloss.core.registry.secret import ensure_signing_secret
from isogloss.core.registry.users import ensure_admin, ensure_open_user
from isogloss.gateway.app import create_app
from isogloss.gateway.bundles import ServedInterface, open_interfaces
from isogloss.gateway.dialects import DIALECTS, namings
from isogloss.gateway.middleware.asgi import App
from isogloss.gateway.pages import Readiness
from isogloss.gateway.problems import Problem
from isogloss.gateway.settings import Auth, Settings, without_password
from isogloss.gateway.upkeep import Chore, upkeep
from isogloss.storage.objects import open_objects
from isogloss.storage.sql import open_store
from isogloss.storage.sql.revision import is_current

DAY = 86_400 * 1_000_000
"""In microseconds."""

logger = logging.getLogger("isogloss.gateway")


class OpenStore(Store, Rows, Protocol):
    """A store as the gateway holds it."""

    async def check(self) -> None:
        """Raise when the storage does not answer."""
        ...

    async def close(self) -> None:
        """Wait for what is running, then let go of the storage."""
        ...


class OpenObjects(Objects, Protocol):
    """The place for bytes as the gateway holds it."""

    @property
    def shared(self) -> SharedPlace:
        """What clients are told of the place that they share with us."""
        ...

    @property
    def signer(self) -> Signer | None:
        """Signs addresses of the storage itself, where clients reach it."""
        ...

    @property
    def uploads(self) -> Uploads | None:
        """Begins uploads in parts to the storage itself, where clients reach it."""
        ...

    @property
    def parts(self) -> Parts | None:
        """Keeps parts that come through the gateway, where the storage has a way of its own."""
        ...

    async def check(self) -> None:
        """Raise when the place does not answer."""
        ...

    async def close(self) -> None:
        """Wait for what is running, then let go of the place."""
        ...


class Gateway(Struct, frozen=True, kw_only=True):
    """Everything that serves. ``admin_password`` is the one that was generated just now, if one was; ``interfaces``
    are the vendors' web pages that are served.
    """

    app: App
    registry: Registry
    gate: Gate
    auth: Auth
    admin_password: str | None
    interfaces: tuple[ServedInterface, ...] = ()


def now() -> Instant:
    """The time, in microseconds since the epoch."""
    return time.time_ns() // 1000


async def upgrade_schema(settings: Settings) -> None:
    """Run the migrations that the database lacks. Raises ``Problem`` where it cannot be reached or written."""
    make_database_file(settings)
    with _storage_problems(settings):
        if await is_current(settings.database_url):
            return
        # Alembic makes a process half as large again, and most starts have nothing for it to do.
        from isogloss.storage.sql.migrate import upgrade

        await upgrade(settings.database_url)


async def require_schema(settings: Settings) -> None:
    """See that the schema is current: an embedded database is brought up to date, for another that is said.

    Where several gateways share a database, an upgrade is a step of its own, which none of them takes by surprise.
    Raises ``Problem``.
    """
    if settings.embedded:
        await upgrade_schema(settings)
        return
    with _storage_problems(settings):
        current = await is_current(settings.database_url)
    if not current:
        shown = without_password(settings.database_url)
        raise Problem(f"The schema of {shown} is not current; run `isogloss db upgrade` first.")


@contextlib.asynccontextmanager
async def open_rows(settings: Settings) -> AsyncIterator[OpenStore]:
    """The store, whose schema is current, without anything made in it; closed with the block. Raises ``Problem``."""
    await require_schema(settings)
    with _storage_problems(settings):
        store: OpenStore = await open_store(settings.database_url)
    try:
        yield store
    finally:
        await store.close()


@contextlib.asynccontextmanager
async def open_registry(settings: Settings) -> AsyncIterator[tuple[Registry, OpenStore]]:
    """The registry on its storage, whose schema is current; closed with the block. Raises ``Problem``.

    One that an archive is being imported into is not opened: half of it is not there.
    """
    new_id = IdSource()
    async with open_rows(settings) as store:
        with _storage_problems(settings):
            if await store.read(unfinished_import):
                raise Problem(
                    "The import of an archive into this registry was not finished; give the same "
                    "`isogloss import FILE` again, and it goes on from there."
                )
            project = await ensure_default(store, now, new_id)
            identity = await ensure_identity(store, new_id)
            secret = await ensure_signing_secret(store)
        registry = Registry(
            id=identity,
            store=store,
            clock=now,
            new_id=new_id,
            sequence=new_id,
            default_project=project,
            signing_secret=secret,
            event_retention=settings.event_retention_days * DAY,
            namings=namings(settings.tenant),
        )
        yield registry, store


@contextlib.asynccontextmanager
async def open_place(settings: Settings, environment: Mapping[str, str]) -> AsyncIterator[OpenObjects]:
    """The place for bytes, closed with the block. Raises ``Problem``.

    A bucket that does not answer is no reason not to start: rows are served all the same, and /ready tells.
    """
    try:
        objects: OpenObjects = await open_objects(settings.storage_url, environment)
    except Exception as error:
        logger.debug("The place for files cannot be used", exc_info=True)
        shown = without_password(settings.storage_url)
        # The library's errors tell the reason in their first line, and what it knows beside in many more.
        reason = str(getattr(error, "strerror", None) or error).partition("\n")[0] or type(error).__name__
        raise Problem(f"The place for files {shown} cannot be used: {reason.rstrip('.')}.") from None
    try:
        yield objects
    finally:
        await objects.close()


def files_in(objects: OpenObjects) -> Files:
    """The place as use cases take it."""
    return Files(
        objects=objects,
        shared=objects.shared,
        signer=objects.signer,
        uploads=objects.uploads,
        parts=objects.parts,
    )


@contextlib.asynccontextmanager
async def open_gateway(
    settings: Settings,
    auth: Auth,
    *,
    dialects: Sequence[Dialect] = DIALECTS,
    environment: Mapping[str, str] = os.environ,
) -> AsyncIterator[Gateway]:
    """The whole gateway, short of a socket. Raises ``Problem`` where its storage cannot be used, or where web pages
    that it is to serve are not there.

    ``environment`` holds what the vendors of buckets want to know, such as the AWS_* variables.
    """
    interfaces = open_interfaces(settings, dialects)
    async with open_registry(settings) as (rows, store), open_place(settings, environment) as objects:
        registry = structs.replace(rows, files=files_in(objects))
        with _storage_problems(settings):
            generated = await ensure_admin(registry, settings.admin_password)
            gate, chores = await make_gate(registry, auth)
            for dialect in dialects:
                if dialect.prepare is not None:
                    await dialect.prepare(registry)
        app = create_app(
            settings,
            registry,
            auth=auth,
            gate=gate,
            readiness=make_readiness(settings, store, objects),
            dialects=dialects,
            interfaces=interfaces,
        )
        async with upkeep(registry, also=chores):
            yield Gateway(
                app=app,
                registry=registry,
                gate=gate,
                auth=auth,
                admin_password=generated,
                interfaces=interfaces,
            )


async def make_gate(registry: Registry, auth: Auth) -> tuple[Gate, tuple[Chore, ...]]:
    """The gate of a mode, and what it has to write down now and then."""
    if auth is Auth.OPEN:
        return open_gate(await ensure_open_user(registry)), ()
    doorkeeper = Doorkeeper(registry)
    return doorkeeper, (doorkeeper.record_uses,)


def make_readiness(settings: Settings, store: OpenStore, objects: OpenObjects) -> Readiness:
    """Asks the storage each time, and for the schema until it was current once: nothing takes it back while we run."""
    current = False

    async def readiness() -> str | None:
        nonlocal current
        await store.check()
        current = current or await is_current(settings.database_url)
        if not current:
            return "The schema is not current; run `isogloss db upgrade`."
        try:
            await objects.check()
        except Exception:
            logger.warning("The place for files does not answer", exc_info=True)
            return "The place for files does not answer."
        return None

    return readiness


def make_database_file(settings: Settings) -> None:
    """Make the file of an embedded database, and its directory. Raises ``Problem`` where that cannot be done."""
    path = settings.database_path
    if path is None:
        return
    try:
        # It holds digests of passwords, so file and directory are their owner's alone where we make them. SQLite gives
        # the files beside it the same rights.
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise Problem(f"The database {path} cannot be written: {error.strerror or error}.") from None


@contextlib.contextmanager
def _storage_problems(settings: Settings) -> Iterator[None]:
    try:
        yield
    except Problem:
        raise
    except Exception as error:
        logger.debug("The storage cannot be used", exc_info=True)
        shown = without_password(settings.database_url)
        # SQLAlchemy wraps the driver's error and adds to its text; the driver's own says it best.
        reason = " ".join(str(getattr(error, "orig", None) or error).split()) or type(error).__name__
        raise Problem(f"The database {shown} cannot be used: {reason.rstrip('.')}.") from None
