"""Rows as any dialect may have written them, and what they refer to."""

import json
from typing import Any

from hypothesis import strategies as st

from isogloss.adapters.truefoundry.artifact_translate import ArtifactRow
from isogloss.adapters.truefoundry.kinds import BY_NAME, KINDS
from isogloss.adapters.truefoundry.subjects import subject
from isogloss.adapters.truefoundry.version_translate import Around, VersionRow
from isogloss.core import names
from isogloss.core.model import MetricPoint, Project, User
from isogloss.core.places import SharedPlace
from tests.adapters.truefoundry.kinds import RICH_PROMPT, model, prompt, skill
from tests.adapters.truefoundry.serving import manifest

DIALECTS = ("truefoundry", "prefect", "zenml")
COMMON = frozenset({"type", "name", "ml_repo", "metadata", "version", "version_alias", "description", "step", "run_id"})
RUN = "01a1f6f4-0000-7000-8000-000000000001"

MANAGED = {"type": "truefoundry", "uri": "s3://isogloss/owned/a/b"}
SCHEMA = {"infer_method_name": "predict", "inputs": [], "outputs": [{}]}
OWN: dict[str, list[dict[str, Any]]] = {
    "artifact": [manifest(), manifest(source=MANAGED, mine=[None])],
    "model": [
        model(),
        model(source=MANAGED, framework=None),
        model(framework={"type": "transformers", "library_name": "diffusers"}, environment={"pip_packages": ["a"]}),
        model(
            framework={"type": "sklearn", "model_schema": {"infer_method_name": "predict", "inputs": [], "outputs": []}}
        ),
    ],
    "prompt": [prompt(), prompt(**RICH_PROMPT), prompt(messages=[], tools=None)],
    "skill": [skill(), skill(source={"type": "blob-storage", "description": "Cooks", "uri": "s3://elsewhere/skill"})],
}
"""Manifests that this dialect kept."""

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
instants = st.one_of(st.integers(0, 2**52), st.sampled_from([-(2**62), 2**62]))
objects = st.dictionaries(text, st.none() | st.integers(-9, 9) | text | st.lists(text, max_size=2), max_size=3)


def _maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


def _rest(manifest: dict[str, Any]) -> str:
    return json.dumps({name: value for name, value in manifest.items() if name not in COMMON})


def _versions(kind: str, dialect: str) -> st.SearchStrategy[VersionRow]:
    own = st.sampled_from([_rest(each) for each in OWN.get(kind, OWN["artifact"])])
    kept = _maybe(objects.map(json.dumps)) if dialect != "truefoundry" else own
    return st.builds(
        VersionRow,
        id=st.uuids().map(str),
        project_id=st.just(PROJECT.id),
        artifact_id=st.uuids().map(str),
        kind=st.just(kind),
        word=_maybe(text.filter(bool).map(lambda name: names.named(names.WORD, name)[0])),
        ordinal=st.integers(1, 2**31),
        alias=_maybe(st.sampled_from(["v1.0", "latest", "v", "v1\n", "v" * 129]) | text),
        dialect=st.just(dialect),
        uri=_maybe(text | st.sampled_from(["s3://a/b", "az://a/b", "file:///isogloss/owned/a/b", "file:///etc"])),
        data=kept,
        description=_maybe(text | st.just("long" * 300)),
        metadata=_maybe(objects.map(json.dumps)),
        producer_run=_maybe(st.just(RUN)),
        step=_maybe(st.sampled_from([-1, 0, 3, 2**40])),
        author_id=_maybe(st.sampled_from([*USERS, "gone"])),
        facet=kept,
        created=instants,
        updated=instants,
    )


def _artifacts(version: VersionRow | None, row: VersionRow) -> ArtifactRow:
    return ArtifactRow(
        id=row.artifact_id,
        project_id=row.project_id,
        kind=row.kind,
        word=row.word,
        author_id=row.author_id,
        created=row.created,
        updated=row.updated,
        head_version_id=None if version is None else version.id,
        head_updated=None if version is None else version.updated,
    )


def _user(user_id: str, **given: Any) -> User:
    fields: dict[str, Any] = {**dict.fromkeys(User.__struct_fields__), "id": user_id, "name": user_id}
    fields |= {"role": "editor", "service": False, "active": True, "stamp": "", "created": 0, "updated": 0}
    return User(**fields | given)


PROJECT = Project(
    **dict.fromkeys(Project.__struct_fields__)  # type: ignore[arg-type]
    | {"id": "01a1f6f4-0000-7000-8000-000000000002", "serial": 7, "name": "lab", "slug": "lab", "word": "lab"}
)
USERS = {
    each.id: each
    for each in (
        _user("ana", email="ana@example.org", full_name="Ana"),
        _user("robot", service=True),
        _user("nobody", name="", full_name=""),
    )
}
POINTS = [
    MetricPoint(run_id=RUN, key="loss", step=3, at=5, value=0.5, nan=False),
    MetricPoint(run_id=RUN, key="odd", step=3, at=5, value=0.0, nan=True),
    MetricPoint(run_id=RUN, key="boundless", step=3, at=-5, value=float("inf"), nan=False),
]
AROUND = Around(
    tenant="default",
    place=SharedPlace(scheme="file", root="file:///isogloss/shared/"),
    projects={PROJECT.id: PROJECT},
    users={each.id: subject(each, "default") for each in USERS.values()},
    tags={},
    metrics={(RUN, 3): POINTS},
)
"""What all rows refer to."""

version_rows = st.one_of(*(_versions(kind, dialect) for kind in (*BY_NAME, "table") for dialect in DIALECTS))
"""Versions of any kind, whoever wrote them."""

artifact_rows = st.one_of(*(_versions(kind.name, dialect) for kind in KINDS for dialect in DIALECTS)).flatmap(
    lambda row: st.sampled_from([(_artifacts(row, row), row), (_artifacts(None, row), None)])
)
"""Artifacts of the kinds that are listed, each with its latest version if it has one."""
