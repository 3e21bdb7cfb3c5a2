"""Between what ZenML's server answers and the registry's rows: who and where. Pure functions.

A row gets the facet that our own routes would have written, so that the vendor's client sees it as it was there.
"""

from collections.abc import Collection, Sequence

import msgspec
from msgspec import Raw

from isogloss.adapters.source import Unreadable
from isogloss.adapters.zenml import kinds
from isogloss.adapters.zenml.account_translate import UserFacet, with_user_facet
from isogloss.adapters.zenml.code_repository_translate import REPOSITORY, RepositoryFacet, repository_key
from isogloss.adapters.zenml.importing import wire
from isogloss.adapters.zenml.importing.rows import (
    checked_object,
    derived_id,
    document,
    name_of,
    record,
    tagged,
    text_of,
)
from isogloss.adapters.zenml.importing.wire import NULL, Reference, Thing
from isogloss.adapters.zenml.kinds import DIALECT
from isogloss.adapters.zenml.model_translate import MODEL, MODEL_VERSION, VersionFacet, model_key
from isogloss.adapters.zenml.model_wire import ModelMetadata
from isogloss.adapters.zenml.stack_translate import (
    COMPONENT,
    FLAVOR,
    STACK,
    ComponentFacet,
    FlavorFacet,
    StackFacet,
    component_properties,
    facet_text,
    stack_properties,
    type_key,
)
from isogloss.adapters.zenml.times import instant
from isogloss.adapters.zenml.translate import VersionFacet as ArtifactVersionFacet
from isogloss.adapters.zenml.translate import Visualization
from isogloss.core import names
from isogloss.core.access import Role
from isogloss.core.model import Artifact, Project, Property, RecordLink, Tag, User, Version
from isogloss.core.registry.editions import NEWEST
from isogloss.core.registry.incoming import Batch, IncomingVersion
from isogloss.core.registry.properties import properties_of
from isogloss.core.registry.records import ENTITY

User_ = Thing[wire.UserBody, wire.UserMetadata, Raw]
Account_ = User_
Project_ = Thing[wire.ProjectBody, wire.ProjectMetadata, Raw]
Tag_ = Thing[wire.TagBody, Raw, Raw]
Flavor_ = Thing[wire.FlavorBody, wire.FlavorMetadata, Raw]
Component_ = Thing[wire.ComponentBody, wire.ComponentMetadata, Raw]
Stack_ = Thing[wire.Owned, wire.StackMetadata, Raw]
Repository_ = Thing[wire.RepositoryBody, wire.RepositoryMetadata, Raw]
Artifact_ = Thing[wire.Scoped, wire.ArtifactMetadata, wire.Tags]
Version_ = Thing[wire.VersionBody, wire.VersionMetadata, wire.VersionResources]
Model_ = Thing[wire.Scoped, ModelMetadata, wire.Tags]
ModelVersion_ = Thing[wire.ModelVersionBody, wire.ModelVersionMetadata, wire.Tags]
ArtifactLink_ = Thing[wire.ArtifactLinkBody, Raw, Raw]
RunLink_ = Thing[wire.RunLinkBody, Raw, Raw]

_encode = msgspec.json.Encoder().encode


def users(found: Sequence[User_]) -> Batch:
    """Users without passwords: each gets a new one here."""
    return _accounts([each for each in found if not each.body.is_service_account], "users", service=False)


def service_accounts(found: Sequence[Account_]) -> Batch:
    """Service accounts without keys: each gets new ones here."""
    return _accounts(found, "service accounts", service=True)


def _accounts(found: Sequence[User_], noun: str, *, service: bool) -> Batch:
    rows = []
    for given in found:
        body, more = given.body, given.metadata
        facet = UserFacet(
            avatar_url=body.avatar_url,
            email_opted_in=body.email_opted_in,
            user_metadata=more.user_metadata,
            default_project_id=body.default_project_id,
        )
        rows.append(
            User(
                id=given.id,
                name=name_of(given),
                role=(Role.ADMIN if body.is_admin else Role.EDITOR).word,
                service=service,
                password=None,
                active=body.active,
                stamp=given.id,
                full_name=body.full_name or None,
                email=more.email,
                description=more.description,
                facet=with_user_facet(None, facet),
                created=instant(body.created),
                updated=instant(body.updated),
            )
        )
    return Batch(noun=noun, users=rows)


def projects(found: Sequence[Project_]) -> Batch:
    """Projects; what follows from their names and their order here is filled in on merging."""
    rows = [
        Project(
            id=given.id,
            serial=0,
            name=name_of(given),
            slug="",
            word="",
            display_name=given.body.display_name,
            description=given.metadata.description or None,
            metadata=text_of(checked_object(given.metadata.project_metadata)),
            facet=None,
            author_id=None,
            created=instant(given.body.created),
            updated=instant(given.body.updated),
        )
        for given in found
    ]
    return Batch(noun="projects", projects=rows)


def tags(found: Sequence[Tag_]) -> Batch:
    """Tags."""
    rows = [
        Tag(
            id=given.id,
            name=name_of(given),
            colour=given.body.color,
            exclusive=given.body.exclusive,
            author_id=given.body.user_id,
            created=instant(given.body.created),
            updated=instant(given.body.updated),
        )
        for given in found
    ]
    return Batch(noun="tags", tags=rows)


def flavors(found: Sequence[Flavor_]) -> Batch:
    """Flavors that somebody registered; all others come with the client."""
    rows = []
    for given in found:
        if not given.body.is_custom:
            continue
        body, more = given.body, given.metadata
        facet = FlavorFacet(
            type=body.type,
            display_name=body.display_name,
            source=body.source,
            integration=body.integration,
            is_custom=body.is_custom,
            logo_url=body.logo_url,
            config_schema=more.config_schema,
            connector_type=more.connector_type,
            connector_resource_type=more.connector_resource_type,
            connector_resource_id_attr=more.connector_resource_id_attr,
            docs_url=more.docs_url,
            sdk_docs_url=more.sdk_docs_url,
        )
        key = type_key(body.type, name_of(given))
        rows.append(record(given, FLAVOR, facet_text(facet), body.created, body.updated, body.user_id, key=key))
    return Batch(noun="flavors", records=rows)


def components(found: Sequence[Component_]) -> Batch:
    """Components of stacks."""
    rows = []
    properties: list[Property] = []
    for given in found:
        body, more = given.body, given.metadata
        facet = ComponentFacet(
            type=body.type,
            flavor=body.flavor_name,
            configuration=more.configuration,
            environment=NULL if bytes(more.environment) == b"{}" else more.environment,
            labels=more.labels,
        )
        key = type_key(body.type, name_of(given))
        row = record(given, COMPONENT, facet_text(facet), body.created, body.updated, body.user_id, key=key)
        rows.append(row)
        properties += properties_of(ENTITY, row, component_properties(facet))
    return Batch(noun="stack components", records=rows, properties=properties)


def stacks(found: Sequence[Stack_]) -> Batch:
    """Stacks with links to their components."""
    rows = []
    properties: list[Property] = []
    links: list[RecordLink] = []
    for given in found:
        body, more = given.body, given.metadata
        facet = StackFacet(
            components={kind: [each.id for each in members] for kind, members in more.components.items()},
            description=more.description or "",
            stack_spec_path=more.stack_spec_path,
            environment=more.environment,
            labels=more.labels,
        )
        row = record(given, STACK, facet_text(facet), body.created, body.updated, body.user_id, key=name_of(given))
        rows.append(row)
        properties += properties_of(ENTITY, row, stack_properties(facet))
        links += [
            RecordLink(
                id=derived_id(given.id, each),
                record_id=given.id,
                entity=ENTITY,
                entity_id=each,
                author_id=body.user_id,
                created=row.created,
            )
            for members in facet.components.values()
            for each in members
        ]
    return Batch(noun="stacks", records=rows, properties=properties, record_links=links)


def code_repositories(found: Sequence[Repository_]) -> Batch:
    """Code repositories."""
    rows = []
    for given in found:
        body, more = given.body, given.metadata
        facet = RepositoryFacet(
            config=more.config, source=body.source, logo_url=body.logo_url, description=more.description
        )
        rows.append(
            record(
                given,
                REPOSITORY,
                _encode(facet).decode(),
                body.created,
                body.updated,
                body.user_id,
                project_id=body.project_id,
                key=repository_key(body.project_id, name_of(given)),
            )
        )
    return Batch(noun="code repositories", records=rows)


def artifacts(found: Sequence[Artifact_]) -> Batch:
    """Artifacts, with their tags."""
    rows = []
    for given in found:
        name = name_of(given)
        slug, word = names.artifact_forms(names.ORDINARY, name)
        rows.append(
            Artifact(
                id=given.id,
                project_id=given.body.project_id,
                kind=names.ORDINARY,
                name=name,
                custom_name=given.metadata.has_custom_name,
                slug=slug,
                word=word,
                ordinals=0,
                highest=None,
                versions=0,
                internal=False,
                dialect=DIALECT,
                author_id=given.body.user_id,
                created=instant(given.body.created),
                updated=instant(given.body.updated),
                head_id=None,
                head_version_id=None,
                head_created=None,
                head_updated=None,
            )
        )
    return Batch(
        noun="artifacts", artifacts=rows, tagged=[tagged("artifact", each.id, each.resources.tags) for each in found]
    )


def versions(found: Sequence[Version_]) -> Batch:
    """Artifact versions, with their metadata and tags. Their bytes stay where their uris say."""
    rows = []
    for given in found:
        body, more = given.body, given.metadata
        facet = ArtifactVersionFacet(
            save_type=body.save_type,
            content_hash=body.content_hash,
            item_count=body.item_count,
            visualizations=tuple(_visualization(each) for each in more.visualizations),
        )
        version = Version(
            id=given.id,
            project_id=body.project_id,
            artifact_id=body.artifact.id,
            kind=names.ORDINARY,
            ordinal=0,
            label=body.version,
            number=None,
            alias=None,
            dialect=DIALECT,
            role=_role(body.type),
            form=None,
            internal=False,
            tagged=False,
            uri=body.uri,
            owned=False,
            store_id=body.artifact_store_id,
            loader=text_of(body.materializer),
            data_type=text_of(body.data_type),
            data=None,
            description=None,
            metadata=document(more.run_metadata),
            producer_run=given.resources.producer_pipeline_run_id,
            producer_step=given.resources.producer_step_run_id,
            step=None,
            author_id=body.user_id,
            facet=_encode(facet).decode(),
            created=instant(body.created),
            updated=instant(body.updated),
        )
        rows.append(IncomingVersion(version=version, label=body.version, linked=False))
    return Batch(
        noun="artifact versions",
        versions=rows,
        tagged=[tagged("version", each.id, each.resources.tags) for each in found],
    )


def _role(kind: str) -> str:
    try:
        return kinds.ROLES[kind]
    except KeyError:
        raise Unreadable(f"its type is {kind!r}, which is none of {', '.join(kinds.ROLES)}") from None


def _visualization(given: Thing[wire.VisualizationBody, Raw, Raw]) -> Visualization:
    body = given.body
    return Visualization(given.id, body.type, body.uri, instant(body.created), instant(body.updated))


def models(found: Sequence[Model_]) -> Batch:
    """Models."""
    rows = [
        record(
            given,
            MODEL,
            _encode(given.metadata).decode(),
            given.body.created,
            given.body.updated,
            given.body.user_id,
            project_id=given.body.project_id,
            key=model_key(given.body.project_id, name_of(given)),
        )
        for given in found
    ]
    return Batch(noun="models", records=rows, tagged=[tagged(ENTITY, each.id, each.resources.tags) for each in found])


def model_versions(found: Sequence[ModelVersion_], models: Collection[str]) -> Batch:
    """Model versions of these models, in the order of their numbers: the last of a model is its newest."""
    rows = []
    newest: dict[str, Property] = {}
    for given in sorted(found, key=lambda each: each.body.number):
        body = given.body
        if body.model.id not in models:
            raise Unreadable(f"its model {body.model.id} is not here")
        rows.append(
            record(
                given,
                MODEL_VERSION,
                _encode(VersionFacet(description=given.metadata.description)).decode(),
                body.created,
                body.updated,
                body.user_id,
                project_id=body.project_id,
                key=f"{body.model.id}/{name_of(given)}",
                parent_id=body.model.id,
                number=body.number,
                state=body.stage,
                metadata=document(given.metadata.run_metadata),
            )
        )
        newest[body.model.id] = Property(
            entity=ENTITY, entity_id=body.model.id, dialect=DIALECT, name=NEWEST, value=given.id
        )
    return Batch(
        noun="model versions",
        records=rows,
        properties=list(newest.values()),
        tagged=[tagged(ENTITY, each.id, each.resources.tags) for each in found],
    )


def artifact_links(found: Sequence[ArtifactLink_]) -> Batch:
    """What model versions gather of artifacts."""
    links = [_link(given, "version", given.body.artifact_version) for given in found]
    return Batch(noun="model artifact links", record_links=links)


def run_links(found: Sequence[RunLink_]) -> Batch:
    """What model versions gather of runs."""
    links = [_link(given, "run", given.body.pipeline_run) for given in found]
    return Batch(noun="model run links", record_links=links)


def _link(given: ArtifactLink_ | RunLink_, entity: str, gathered: Reference) -> RecordLink:
    return RecordLink(
        id=given.id,
        record_id=given.body.model_version,
        entity=entity,
        entity_id=gathered.id,
        author_id=None,
        created=instant(given.body.created),
    )
