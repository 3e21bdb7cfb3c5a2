"""Between what ZenML's server answers and the registry's rows: invocations of hooks. Pure functions."""

from collections.abc import Sequence

from isogloss.adapters.zenml.importing import wire
from isogloss.adapters.zenml.importing.rows import derived_id, optional_instant, record
from isogloss.adapters.zenml.importing.run_mapping import logs
from isogloss.adapters.zenml.importing.wire import Thing
from isogloss.adapters.zenml.run_around import HOOK
from isogloss.adapters.zenml.run_facets import HookFacet, facet_text, hook_properties
from isogloss.adapters.zenml.times import instant
from isogloss.core.model import Property, Record, RecordLink
from isogloss.core.registry.incoming import Batch
from isogloss.core.registry.properties import properties_of
from isogloss.core.registry.records import ENTITY

Hook_ = Thing[wire.HookBody, wire.HookMetadata, wire.HookResources]


def hook_invocations(found: Sequence[Hook_]) -> Batch:
    """Invocations of hooks with their logs, linked to the versions that they made."""
    rows: list[Record] = []
    parts: list[Record] = []
    properties: list[Property] = []
    links: list[RecordLink] = []
    for given in found:
        body, more, around = given.body, given.metadata, given.resources
        logged = logs(around.log_collection)
        facet = HookFacet(
            hook_type=body.hook_type,
            started=instant(body.start_time),
            ended=optional_instant(body.end_time),
            source=more.source,
            step_run_id=body.step_run_id,
            logs_id=logged[0].id if logged else None,
            outputs={name: [each.id for each in members] for name, members in around.outputs.items()},
            exception_info=more.exception_info,
        )
        row = record(
            given,
            HOOK,
            facet_text(facet),
            body.created,
            body.updated,
            body.user_id,
            project_id=body.project_id,
            parent_id=body.pipeline_run_id,
            state=body.status,
        )
        rows.append(row)
        parts += logged
        properties += properties_of(ENTITY, row, hook_properties(facet))
        # What something gathers is not pruned.
        links += [
            RecordLink(
                id=derived_id(row.id, version_id),
                record_id=row.id,
                entity="version",
                entity_id=version_id,
                author_id=row.author_id,
                created=row.created,
            )
            for version_id in dict.fromkeys(each for members in facet.outputs.values() for each in members)
        ]
    return Batch(noun="hook invocations", records=rows, parts=parts, properties=properties, record_links=links)
