"""Imports: rows that another registry wrote, merged into this one under their own ids and times.

A row whose id is here is brought up to date where the source changed it since and nobody changed it here; any other is
inserted. What has a unique name (projects, users, tags, workflows, artifacts, keyed records) and is here under another
id keeps ours, and is an *alias*: whatever refers to it is read with our id in the place of the source's. Merging the
same rows again changes nothing, so that an import which was interrupted is begun again and finds what it has.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from msgspec.structs import asdict, replace

from isogloss.core import names
from isogloss.core.access import ANYBODY
from isogloss.core.model import (
    Artifact,
    Device,
    Entity,
    Json,
    LogLine,
    MetadataEntry,
    Project,
    Property,
    Record,
    RecordLink,
    Run,
    RunLink,
    RunState,
    Tag,
    TagLink,
    Token,
    User,
    Version,
    Workflow,
)
from isogloss.core.ports import Writer
from isogloss.core.query import Query, Sort
from isogloss.core.references import says_inputs
from isogloss.core.registry import tags
from isogloss.core.registry.context import Registry
from isogloss.core.registry.derivations import follow_metadata, follow_tags, of_run, of_version
from isogloss.core.registry.incoming import (
    Aliases,
    Batch,
    Head,
    IncomingVersion,
    LeftOut,
    Pages,
    ReadBatch,
    Report,
    Tagged,
    storable,
)
from isogloss.core.registry.metadata import log_of, replaced
from isogloss.core.registry.references import Target
from isogloss.core.registry.tallies import ARTIFACT, HEAD, VERSION, of_artifact, of_tags, summed
from isogloss.core.registry.versions import PRODUCED, label_number

E = TypeVar("E", Project, User, Tag, Workflow, Record, Run, Artifact)
N = TypeVar("N", Project, User, Tag, Workflow)
"""What has a name that it shares with nothing else of its kind."""


async def import_pages(registry: Registry, pages: Pages, progress: Callable[[Report], None]) -> Report:
    """Merge what a source holds, one transaction for each of its pages, and tell ``progress`` after each.

    Raises what the source raises; everything that was merged before then stays.
    """
    report, aliases = Report(), Aliases()
    async for page in pages:
        aliases = await _import_page(registry, page, aliases, report)
        progress(report)
    return report


async def _import_page(registry: Registry, page: Sequence[ReadBatch], aliases: Aliases, report: Report) -> Aliases:
    async def work(unit: Writer) -> tuple[Aliases, Report]:
        # The store may run this again, so that nothing outside is touched.
        known, done = dict(aliases), Report()
        vacant = not known and await is_vacant(unit)
        for read in page:
            await merge(registry, unit, read(known), known, done, vacant=vacant)
        return known, done

    known, done = await registry.store.write(work)
    report.take(done)
    return known


async def is_vacant(unit: Writer) -> bool:
    """Whether the registry holds nothing yet that refers to its project, its users or its default records."""
    for source in ("artifact", "workflow", "run"):
        if await unit.count(Query(source=source, fields=(), project_id=None)):
            return False
    return not await unit.find(Token) and not await unit.find(Device)


async def merge(
    registry: Registry, unit: Writer, batch: Batch, aliases: Aliases, report: Report, *, vacant: bool = False
) -> None:
    """Merge a batch within a unit of work; adds to ``aliases`` and to the report.

    Where the registry is ``vacant``, projects, users and records that it made by itself take the source's ids.
    """
    batch = storable(batch, report)
    merging = _Merging(registry, unit, aliases, report, batch.noun, vacant)
    report.seen[batch.noun] += len(batch.left_out)
    report.leave_out(batch.noun, batch.left_out)
    await merging.users(batch.users)
    await merging.projects(batch.projects)
    await merging.tags(batch.tags)
    await merging.records(batch.records)
    await merging.records(batch.parts, counted=False)
    await merging.workflows(batch.workflows)
    await merging.artifacts(batch.artifacts)
    await merging.versions(batch.versions)
    await merging.heads(batch.heads)
    await merging.runs(batch.runs, batch.states)
    if batch.logs:
        before = {line.id for line in await unit.find(LogLine, id=[line.id for line in batch.logs])}
        merging.count(len(batch.logs), len(batch.logs) - len(before))
        await unit.add_absent(*batch.logs)
    await merging.links(batch.run_links, batch.record_links)
    await merging.properties(batch.properties)
    await merging.tag_links(batch.tagged)


class _Merging:
    """One batch on its way into a unit."""

    def __init__(
        self, registry: Registry, unit: Writer, aliases: Aliases, report: Report, noun: str, vacant: bool
    ) -> None:
        self._registry = registry
        self._unit = unit
        self._aliases = aliases
        self._report = report
        self._noun = noun
        self._vacant = vacant
        # Things of this batch whose source is as new as ours: there, tags that the source has no more are taken off.
        self._newer: set[str] = set()

    def count(self, seen: int, added: int, changed: int = 0) -> None:
        """Count rows of the batch's noun."""
        for counter, number in (
            (self._report.seen, seen),
            (self._report.added, added),
            (self._report.changed, changed),
        ):
            counter[self._noun] += number

    def _ours(self, source_id: str, kept_id: str, what: str) -> None:
        if source_id != kept_id:
            self._aliases[source_id] = kept_id
            self._report.note(f"{what} was here already and keeps its own id.")

    async def users(self, rows: list[User]) -> None:
        """Users by id, else by name; of one that is here, password and role stay."""
        if not rows:
            return
        namesakes = await self._unit.find(User, name=[row.name for row in rows])
        leave = ("password", "role", "stamp", "active", "service")
        new, changed = await self._met(User, rows, namesakes, _name, "user", leave, adopting=self._vacant)
        await self._unit.add(*new)
        self.count(len(rows), len(new), changed)

    async def projects(self, rows: list[Project]) -> None:
        """Projects by id, else by name; new ones take the serials behind the greatest."""
        if not rows:
            return
        namesakes = await self._unit.find(Project, name=[row.name for row in rows])
        formed = []
        for row in rows:
            slug, word = names.project_forms(row.name)
            formed.append(replace(row, slug=slug, word=word))
        leave = ("serial", "facet")
        new, changed = await self._met(Project, formed, namesakes, _name, "project", leave, adopting=self._vacant)
        query = Query(
            source="project", fields=("serial",), project_id=None, sort=Sort("serial", descending=True), limit=1
        )
        found = await self._unit.rows(query)
        greatest = int(found[0][0]) if found else 0
        await self._unit.add(*(replace(row, serial=serial) for serial, row in enumerate(new, greatest + 1)))
        self.count(len(rows), len(new), changed)

    async def tags(self, rows: list[Tag]) -> None:
        """Tags by id, else by name."""
        if not rows:
            return
        namesakes = await self._unit.find(Tag, name=[row.name for row in rows])
        new, changed = await self._met(Tag, rows, namesakes, _name, "tag")
        await self._unit.add(*new)
        self.count(len(rows), len(new), changed)

    async def workflows(self, rows: list[Workflow]) -> None:
        """Workflows by id, else by name."""
        if not rows:
            return
        namesakes = await self._unit.find(Workflow, dialect=rows[0].dialect, name=list({row.name for row in rows}))
        new, changed = await self._met(Workflow, rows, namesakes, _place, "workflow")
        await self._unit.add(*new)
        self.count(len(rows), len(new), changed)

    async def _met(
        self,
        kind: type[N],
        rows: Sequence[N],
        namesakes: Iterable[N],
        name_of: Callable[[N], Hashable],
        noun: str,
        leave: Iterable[str] = (),
        *,
        adopting: bool = False,
    ) -> tuple[list[N], int]:
        """Those of the rows that are not here, and how many others were changed, without the fields to ``leave``.

        One whose name is here under another id keeps ours, unless ours is ``adopting`` the source's.
        """
        by_id = {row.id: row for row in await self._unit.find(kind, id=[row.id for row in rows])}
        by_name = {name_of(row): row for row in namesakes}
        new: list[N] = []
        changed = 0
        for row in rows:
            kept = by_id.get(row.id)
            if kept is None and (namesake := by_name.get(name_of(row))) is not None:
                if not adopting:
                    self._ours(row.id, namesake.id, f"The {noun} {row.name!r}")
                    continue
                await self._unit.change(kind, {"id": namesake.id}, id=row.id, created=row.created)
                kept = by_name[name_of(row)] = replace(namesake, id=row.id, created=row.created, updated=0)
            if kept is None:
                new.append(row)
            elif row.updated >= kept.updated:
                if (namesake := by_name.get(name_of(row))) is not None and namesake.id != row.id:
                    row = self._under_its_name(row, kept, noun)
                changed += await self._change(kind, kept, row, leave)
        return new, changed

    def _under_its_name(self, row: E, kept: E, noun: str) -> E:
        """A row that the source renamed, under the name that it has here: another one has the new name by now."""
        self._report.note(f"The {noun} {kept.name!r} keeps its name here, as {row.name!r} is the name of another one.")
        same = {name: getattr(kept, name) for name in _NAMES if hasattr(kept, name)}
        return replace(row, **same)

    async def records(self, rows: list[Record], *, counted: bool = True) -> None:
        """Records by id, else by key."""
        if not rows:
            return
        by_id = {row.id: row for row in await self._unit.find(Record, id=[row.id for row in rows])}
        by_key: dict[tuple[str, str | None], Record] = {}
        for kind in {row.kind for row in rows}:
            keys = [row.key for row in rows if row.key is not None and row.kind == kind]
            if keys:
                found = await self._unit.find(Record, dialect=rows[0].dialect, kind=kind, key=keys)
                by_key |= {(row.kind, row.key): row for row in found}
        new: list[Record] = []
        changed = 0
        for row in rows:
            kept = by_id.get(row.id)
            if kept is None and row.key is not None and (namesake := by_key.get((row.kind, row.key))) is not None:
                if not self._vacant:
                    self._ours(row.id, namesake.id, f"The {row.kind.replace('_', ' ')} {row.name or row.key!r}")
                    continue
                await self._unit.remove(RecordLink, record_id=namesake.id)
                await self._unit.remove(RecordLink, entity="record", entity_id=namesake.id)
                await self._unit.remove(Property, entity="record", entity_id=namesake.id)
                await self._unit.remove(Record, id=namesake.id)
            if kept is None:
                new.append(row)
            elif row.updated >= kept.updated:
                if (namesake := by_key.get((row.kind, row.key))) is not None and namesake.id != row.id:
                    row = self._under_its_name(row, kept, row.kind.replace("_", " "))
                row = await self._with_metadata("record", kept, row)
                changed += await self._change(Record, kept, row)
        await self._unit.add(*new)
        await self._unit.add(*self._logged("record", new))
        if counted:
            self.count(len(rows), len(new), changed)

    async def artifacts(self, rows: list[Artifact]) -> None:
        """Artifacts by id, else by kind and name; each with the forms of its name."""
        if not rows:
            return
        by_id = {row.id: row for row in await self._unit.lock_all(Artifact, id=[row.id for row in rows])}
        wanted = list({row.name for row in rows if row.name is not None})
        named = await self._unit.find(Artifact, project_id=rows[0].project_id, name=wanted) if wanted else []
        by_name = {(row.kind, row.name): row for row in named}
        added: list[Artifact] = []
        changed = 0
        for row in {row.id: row for row in rows}.values():
            kept = by_id.get(row.id)
            namesake = by_name.get((row.kind, row.name))
            if kept is None and namesake is not None and row.name is not None:
                self._ours(row.id, namesake.id, f"The artifact {row.name!r}")
            elif kept is None:
                added.append(row)
            elif row.updated >= kept.updated:
                if namesake is not None and namesake.id != row.id and row.name is not None:
                    row = self._under_its_name(row, kept, "artifact")
                same = {"slug", "word"} if kept.name == row.name else set()
                changed += await self._change(Artifact, kept, row, leave=(*_COUNTED, *same))
        await self._unit.add(*added)
        await self._unit.add(
            *summed(of_artifact(self._registry, row, ARTIFACT, 1, internal=row.internal) for row in added)
        )
        if self._noun == "artifacts":
            self.count(len(rows), len(added), changed)

    async def versions(self, rows: list[IncomingVersion]) -> None:
        """Versions by id; new ones take the next ordinals of their artifacts in the order of their creation."""
        if not rows:
            return
        found = await self._unit.find(Version, id=[row.version.id for row in rows])
        kept = {version.id: version for version in found}
        fresh: dict[str, list[IncomingVersion]] = {}
        changed = 0
        for row in sorted(rows, key=lambda each: (each.version.created, each.version.id)):
            artifact_id = self._aliases.get(row.version.artifact_id, row.version.artifact_id)
            old = kept.get(row.version.id)
            if old is None:
                fresh.setdefault(artifact_id, []).append(row)
            elif row.version.updated >= old.updated:
                changed += await self._change_version(old, row.version)
        touched = {old.artifact_id for old in kept.values()}
        artifacts = {row.id: row for row in await self._unit.lock_all(Artifact, id=sorted({*fresh, *touched}))}
        for artifact_id in fresh.keys() - artifacts.keys():
            lost = [LeftOut(row.version.id, _WITHOUT_ARTIFACT) for row in fresh.pop(artifact_id)]
            self._report.leave_out(self._noun, lost)
        head_ids = [row.head_version_id for row in artifacts.values() if row.head_version_id is not None]
        heads = {row.id: row for row in await self._unit.find(Version, id=head_ids)} if head_ids else {}
        taken = await self._labels(fresh)
        rows_to_add: list[Entity] = []
        changes: list[tuple[str, dict[str, Any]]] = []
        for artifact_id, members in fresh.items():
            artifact = artifacts[artifact_id]
            made, after = self._numbered(artifact, heads.get(artifact.head_version_id or ""), members, taken)
            rows_to_add += made
            changes.append((artifact_id, after))
        await self._unit.add(*rows_to_add)
        for artifact_id, after in changes:
            await self._unit.change(Artifact, {"id": artifact_id}, **after)
        await self._follow([row for row in rows_to_add if isinstance(row, Version)])
        self.count(len(rows), sum(map(len, fresh.values())), changed)

    async def _labels(self, fresh: dict[str, list[IncomingVersion]]) -> set[tuple[str, str]]:
        labels = list({row.label for members in fresh.values() for row in members if row.label is not None})
        if not labels:
            return set()
        found = await self._unit.find(Version, artifact_id=list(fresh), label=labels)
        return {(row.artifact_id, row.label) for row in found}

    def _numbered(
        self,
        artifact: Artifact,
        head: Version | None,
        members: list[IncomingVersion],
        taken: set[tuple[str, str]],
    ) -> tuple[list[Entity], dict[str, Any]]:
        rows: list[Entity] = []
        ordinal, highest, shown = artifact.ordinals, artifact.highest, artifact.versions
        internal, dialect, newest = artifact.internal, artifact.dialect, head
        made: list[Version] = []
        for member in members:
            ordinal += 1
            label = member.label
            if label is not None and (artifact.id, label) in taken:
                self._report.note(f"Versions of {artifact.name!r} were here under the same label and are renumbered.")
                label = None
            if label is None:
                label = str((highest or 0) + 1)
            taken.add((artifact.id, label))
            number = label_number(label)
            if number is not None:
                highest = number if highest is None else max(highest, number)
            version = replace(
                member.version, artifact_id=artifact.id, kind=artifact.kind, ordinal=ordinal, label=label, number=number
            )
            made.append(version)
            rows.append(version)
            if member.linked:
                producers = dict.fromkeys(each for each in (version.producer_run, version.producer_step) if each)
                rows += [RunLink(version_id=version.id, run_id=each, direction=PRODUCED, slot="") for each in producers]
            rows += self._logged("version", [version])
            shown += not version.internal
            internal = internal and version.internal
            dialect = dialect if dialect == version.dialect else None
            if newest is None or version.created >= newest.created:
                newest = version
        assert newest is not None, "an artifact with a new version has a newest one"
        for hidden in (False, True):
            count = sum(version.internal is hidden for version in made)
            if count:
                rows.append(of_artifact(self._registry, artifact, VERSION, count, internal=hidden))
        if artifact.internal and not internal:
            rows += [of_artifact(self._registry, artifact, ARTIFACT, by, internal=by < 0) for by in (-1, 1)]
        if artifact.head_id is None and artifact.name is not None:
            rows.append(of_artifact(self._registry, artifact, HEAD, 1))
        after = {
            "ordinals": ordinal,
            "highest": highest,
            "versions": shown,
            "internal": internal,
            "dialect": dialect,
            "head_id": artifact.head_id or self._registry.new_id(),
            "head_version_id": newest.id,
            "head_created": made[0].created if artifact.head_created is None else artifact.head_created,
            "head_updated": newest.updated if head is not newest else artifact.head_updated,
        }
        return rows, after

    async def _change_version(self, kept: Version, row: Version) -> bool:
        row = await self._with_metadata("version", kept, row)
        # Of these the source knows nothing, or they never change.
        ours = ("artifact_id", "kind", "ordinal", "label", "number", "alias", "internal", "tagged")
        changed = await self._change(Version, kept, row, leave=ours)
        if changed:
            await self._unit.change(Artifact, {"head_version_id": kept.id}, head_updated=row.updated)
        return changed

    async def heads(self, rows: list[Head]) -> None:
        """Heads as the source has them, unless a newer version was made here."""
        if not rows:
            return
        ids = [self._aliases.get(row.artifact_id, row.artifact_id) for row in rows]
        artifacts = {row.id: row for row in await self._unit.lock_all(Artifact, id=ids)}
        wanted = {row.version_id for row in rows} | {row.head_version_id or "" for row in artifacts.values()}
        versions = {row.id: row for row in await self._unit.find(Version, id=sorted(wanted))}
        changed = 0
        for row, artifact_id in zip(rows, ids, strict=True):
            artifact, version = artifacts.get(artifact_id), versions.get(row.version_id)
            if artifact is None or version is None or version.artifact_id != artifact.id:
                continue
            newest = versions.get(artifact.head_version_id or "")
            if newest is not None and newest.created > row.updated and _may_be_ours(newest.id):
                # It was made here, since. Of two that the source made at once, either may be its latest.
                continue
            values = {"head_version_id": version.id, "head_created": row.created, "head_updated": row.updated}
            if artifact.id == row.artifact_id:
                # A head that our own versions had before keeps its id.
                values["head_id"] = row.id
            values = {name: value for name, value in values.items() if getattr(artifact, name) != value}
            if values:
                changed += 1
                await self._unit.change(Artifact, {"id": artifact.id}, **values)
        self.count(len(rows), 0, changed)

    async def runs(self, rows: list[Run], states: list[RunState]) -> None:
        """Runs by id, with those of their states that are not here."""
        if not rows:
            return
        kept = {row.id: row for row in await self._unit.find(Run, id=[row.id for row in rows])}
        changed = 0
        for row in rows:
            old = kept.get(row.id)
            if old is not None and row.updated >= old.updated:
                changed += await self._change(Run, old, await self._with_metadata("run", old, row))
                await follow_tags(self._registry, self._unit, row, old.tags)
        # After the changes: an attempt takes the place that the one before it has given up.
        new = [row for row in rows if row.id not in kept]
        await self._unit.add_absent(*new)
        present = {row.id for row in await self._unit.find(Run, id=[row.id for row in new])} if new else set()
        self._report.leave_out(
            self._noun, [LeftOut(_called(row), _UNDER_ANOTHER_ID) for row in new if row.id not in present]
        )
        made = [row for row in new if row.id in present]
        await self._unit.add(*self._logged("run", made))
        await self._follow(made)
        held = [state for state in states if state.run_id in present or state.run_id in kept]
        if held:
            await self._unit.put(*held)
        self.count(len(rows), len(present), changed)

    async def links(self, run_links: list[RunLink], record_links: list[RecordLink]) -> None:
        """Links to what is here."""
        if run_links:
            wanted = list({link.version_id for link in run_links})
            there = {row.id for row in await self._unit.find(Version, id=wanted)}
            await self._unit.add_absent(*(link for link in run_links if link.version_id in there))
        if record_links:
            gatherers = list({link.record_id for link in record_links})
            here = {row.id for row in await self._unit.find(Record, id=gatherers)}
            held = [link for link in record_links if link.record_id in here]
            before = await self._unit.find(RecordLink, id=[link.id for link in held])
            await self._unit.add_absent(*held)
            if self._noun.endswith("links"):
                self.count(len(record_links), len(held) - len(before))
                self._report.leave_out(
                    self._noun,
                    [LeftOut(each.id, _WITHOUT_RECORD) for each in record_links if each.record_id not in here],
                )

    async def properties(self, rows: list[Property]) -> None:
        """What the things of the batch are looked up by, in the place of what they were."""
        by_entity: dict[str, list[Property]] = {}
        for row in rows:
            by_entity.setdefault(row.entity, []).append(row)
        for entity, members in by_entity.items():
            ids = list({row.entity_id for row in members})
            kept = set(await self._unit.find(Property, entity=entity, entity_id=ids, dialect=members[0].dialect))
            gone = {(row.entity_id, row.name) for row in kept - set(members)}
            for entity_id, name in sorted(gone):
                await self._unit.remove(Property, entity=entity, entity_id=entity_id, name=name)
            put = [row for row in dict.fromkeys(members) if row not in kept or (row.entity_id, row.name) in gone]
            await self._unit.add(*put)

    async def tag_links(self, rows: list[Tagged]) -> None:
        """Tags on things: those of the source are put on; those that it has no more go where it is the newer one."""
        by_entity: dict[str, list[Tagged]] = {}
        for row in rows:
            by_entity.setdefault(row.entity, []).append(row)
        for entity, members in by_entity.items():
            ids = [row.entity_id for row in members]
            things = {thing.id: thing for thing in await self._unit.find(tags.ENTITIES[entity], id=ids)}
            kept = await self._unit.find(TagLink, entity=entity, entity_id=ids)
            borne = {(link.entity_id, link.tag_id) for link in kept}
            wanted = {(row.entity_id, tag_id) for row in members for tag_id in row.tag_ids if row.entity_id in things}
            used = list({tag_id for _, tag_id in wanted})
            known = {tag.id: tag for tag in await self._unit.find(Tag, id=used)} if used else {}
            made: list[TagLink] = []
            for entity_id, tag_id in sorted(wanted - borne):
                thing, tag = things[entity_id], known.get(tag_id)
                if tag is None:
                    continue
                if tag.exclusive:
                    await tags.attach(self._registry, self._unit, ANYBODY, tag, thing)
                    continue
                made.append(
                    TagLink(
                        tag_id=tag_id,
                        entity=entity,
                        entity_id=entity_id,
                        project_id=thing.project_id,
                        scope_id=tags.scope_of(thing),
                        kind=thing.kind if isinstance(thing, Artifact | Version) else "",
                        at=thing.created,
                        created=thing.created,
                    )
                )
            await self._unit.add(*made, *of_tags(self._registry, made, 1))
            await tags.mark_tagged(self._unit, [things[link.entity_id] for link in made])
            gone = [link for link in kept if link.entity_id in self._newer and _pair(link) not in wanted]
            for link in gone:
                await self._unit.remove(TagLink, tag_id=link.tag_id, entity=entity, entity_id=link.entity_id)
            await self._unit.add(*of_tags(self._registry, gone, -1))

    async def _change(self, kind: type[E] | type[Version], kept: Any, row: Any, leave: Iterable[str] = ()) -> bool:
        """Set what the source says otherwise; tells whether that was anything."""
        if row.updated > kept.updated:
            self._newer.add(kept.id)
        without = {"id", "created", *leave}
        before = asdict(kept)
        values = {name: value for name, value in asdict(row).items() if name not in without and before[name] != value}
        if values:
            await self._unit.change(kind, {"id": kept.id}, **values)
        return bool(values)

    async def _with_metadata(self, entity: str, kept: Any, row: Any) -> Any:
        """The source's row with the metadata that it is to have; the log follows."""
        document = row.metadata
        if row.updated == kept.updated:
            document = _joined(kept.metadata, row.metadata)
        if document == kept.metadata:
            return row
        if _members(document) == _members(kept.metadata) and (document is None) == (kept.metadata is None):
            return replace(row, metadata=kept.metadata)
        gone, entries = replaced(self._registry, entity, kept.id, kept.metadata, document, row.updated)
        if gone:
            await self._unit.remove(MetadataEntry, entity=entity, entity_id=kept.id, key=gone)
        if entries:
            await self._unit.add(*entries)
        row = replace(row, metadata=document)
        if not isinstance(row, Record) and (says_inputs(document) or says_inputs(kept.metadata)):
            await follow_metadata(self._registry, self._unit, _owner(row), document, row.author_id)
        return row

    async def _follow(self, rows: Iterable[Version | Run]) -> None:
        """Bring what new rows say of their inputs, in metadata or in tags."""
        for row in rows:
            if says_inputs(row.metadata):
                await follow_metadata(self._registry, self._unit, _owner(row), row.metadata, row.author_id)
            elif isinstance(row, Run):
                await follow_tags(self._registry, self._unit, row)

    def _logged(self, entity: str, rows: Sequence[Version | Run | Record]) -> list[MetadataEntry]:
        return [
            entry
            for row in rows
            if row.metadata is not None
            for entry in log_of(self._registry, entity, row.id, row.metadata, row.created)
        ]


_WITHOUT_ARTIFACT = "its artifact is not here"
_WITHOUT_RECORD = "what it belongs to is not here"
_UNDER_ANOTHER_ID = "it was here under another id"

_NAMES = ("name", "key", "slug", "word")
"""What follows from the name of a thing."""

_COUNTED = (
    *("ordinals", "highest", "versions", "internal", "dialect"),
    *("head_id", "head_version_id", "head_created", "head_updated"),
)
"""What an artifact comes to by its versions."""


def _called(row: Run) -> str:
    return f"{row.name!r} ({row.id})"


def _name(row: Project | User | Tag) -> Hashable:
    return row.name


def _place(row: Workflow) -> Hashable:
    """What no two workflows of a dialect have alike."""
    return row.project_id, row.role, row.parent_id, row.name


def _owner(row: Version | Run) -> Target:
    return of_version(row) if isinstance(row, Version) else of_run(row)


def _may_be_ours(version_id: str) -> bool:
    """Whether an id is of the time-ordered kind that this registry gives."""
    return UUID(version_id).version == 7


def _pair(link: TagLink) -> tuple[str, str]:
    return link.entity_id, link.tag_id


def _members(document: Json | None) -> dict[str, Any]:
    return {} if document is None else msgspec.json.decode(document, type=dict[str, Any])


def _joined(kept: Json | None, given: Json | None) -> Json | None:
    """What was said here of a thing stays where the source did not say it: neither side's time tells who was last."""
    if kept is None or given is None:
        return given if kept is None else kept
    before = msgspec.json.decode(kept, type=dict[str, msgspec.Raw])
    return msgspec.json.encode(before | msgspec.json.decode(given, type=dict[str, msgspec.Raw])).decode()
