"""Making, changing and deleting data directories, whose files change as long as they are there."""

from isogloss.adapters.call import Call, Malformed, dump
from isogloss.adapters.truefoundry import guesses
from isogloss.adapters.truefoundry.bodies.directories import DirectoryManifest
from isogloss.adapters.truefoundry.bodies.manifests import WHERE
from isogloss.adapters.truefoundry.directory_translate import MANAGED, root_of, source_type
from isogloss.adapters.truefoundry.kinds import DIALECT, DIRECTORY
from isogloss.adapters.truefoundry.lookup import named_project
from isogloss.core.errors import NotFound
from isogloss.core.model import Project, Record
from isogloss.core.ports import Reader, Writer
from isogloss.core.query import Compare, IsNull, Operator, all_of
from isogloss.core.registry.records import (
    RecordDraft,
    change_record,
    ensure_record,
    lock_record,
    remove_records,
    remove_with_files,
)
from isogloss.core.registry.transfers import files_of

AWAY = guesses.KEEPS_CONTENTS

VISIBLE_DIRECTORIES = all_of(
    Compare("dialect", Operator.EQ, DIALECT), Compare("kind", Operator.EQ, DIRECTORY), IsNull("state")
)
"""What holds of the records that are data directories anybody sees."""


async def apply_directory(call: Call, unit: Writer, manifest: DirectoryManifest) -> tuple[Record, Project]:
    """The data directory of a manifest, made, changed, or found again; and its project.

    Raises ``Denied``, ``NotFound`` for a repo that is not there, and ``Malformed`` for another source.
    """
    project = await named_project(unit, manifest.ml_repo)
    body = dump(manifest.model_dump(exclude_unset=True) | {"source": manifest.source.model_dump(exclude_none=True)})
    draft = RecordDraft(
        dialect=DIALECT,
        kind=DIRECTORY,
        key=key_of(project, manifest.name),
        name=manifest.name,
        project_id=project.id,
        body=body,
    )
    found = await ensure_record(call.registry, unit, call.caller, draft)
    _check_source(call, found, manifest)
    if found.body == body and found.state is None:
        return found, project
    return await change_record(call.registry, unit, found, state=None, body=body), project


def key_of(project: Project, name: str) -> str:
    """By what a data directory is told apart."""
    return f"{project.id}/{name}"


def _check_source(call: Call, record: Record, manifest: DirectoryManifest) -> None:
    kept, given = source_type(record), manifest.source
    if given.type != kept:
        raise Malformed(f"{WHERE}.source.type", f"is {kept!r} of this data directory, and cannot change.")
    root = root_of(record, files_of(call.registry).shared)
    if given.type == MANAGED and given.uri is not None and given.uri != root:
        raise Malformed(f"{WHERE}.source.uri", f"is {root!r} here; leave it out, the place is the registry's to give.")


async def find_directory(unit: Reader, project: Project, name: str) -> Record | None:
    """The data directory of this name that can be seen."""
    found = await unit.get(Record, dialect=DIALECT, kind=DIRECTORY, key=key_of(project, name))
    return found if found is not None and found.state != AWAY else None


async def get_directory(unit: Reader, directory_id: str) -> Record:
    """The data directory of this id, if it can be seen. Raises ``NotFound``."""
    found = await unit.get(Record, id=directory_id)
    if found is None or (found.dialect, found.kind) != (DIALECT, DIRECTORY) or found.state == AWAY:
        raise NotFound("data_directory", directory_id)
    return found


async def delete_directory(call: Call, unit: Writer, directory_id: str, *, contents: bool) -> None:
    """Delete a data directory. Without its contents it is put away, and can still be deleted with them.

    Raises ``Denied`` and ``NotFound``.
    """
    record = await lock_record(unit, call.caller, DIALECT, DIRECTORY, directory_id)
    if source_type(record) != MANAGED:
        # Files that lie elsewhere are nobody's to remove here.
        await remove_records(call.registry, unit, call.caller, [record])
    elif contents:
        await remove_with_files(call.registry, unit, call.caller, record)
    elif record.state == AWAY:
        raise NotFound("data_directory", directory_id)
    else:
        await change_record(call.registry, unit, record, state=AWAY)
