"""Versions whose files lie in a store, as a client would have put them there."""

import json
from typing import Any

from isogloss.core.access import ANYBODY
from isogloss.core.places import key_at
from isogloss.core.ports import Files, Writer
from isogloss.core.registry import Registry, records
from isogloss.core.registry.records import RecordDraft
from tests.adapters.zenml.serving import Answer, Served, version_body

FLAVORS = {"file": "local", "s3": "s3"}


class Shelf:
    """An artifact store in the place of a registry, and what lies there; ``serve`` asks the registry's routes."""

    def __init__(self, registry: Registry, store_id: str) -> None:
        assert registry.files is not None
        self.registry = registry
        self.files: Files = registry.files
        self.serve = Served(registry)
        self.root = self.files.shared.root
        self.store_id = store_id

    async def put(self, path: str, content: bytes) -> str:
        """Keep a file at a path of the place; its uri."""
        await self.files.objects.write(key_at(self.files.shared, self.root + path), content)
        return self.root + path

    async def there(self, path: str) -> set[str]:
        """The names of the files that lie below a path of the place."""
        key = key_at(self.files.shared, self.root + path)
        return {each.key.removeprefix(f"{key}/") async for page in self.files.objects.list(key) for each in page}

    async def version(self, uri: str, name: str = "report", **given: object) -> Any:
        """A new version at a uri."""
        body = version_body(self.registry, name, uri=uri, artifact_store_id=self.store_id) | given
        return await self.serve.post("/artifact_versions", body)

    async def shown(self, kind: str, uri: str, **given: Any) -> Answer:
        """What the server shows of a new version, whose picture is the file at a uri."""
        version = await self.version(self.root + "custom/1", visualizations=[{"type": kind, "uri": uri}], **given)
        return await self.serve("GET", f"/artifact_versions/{version['id']}/visualize")

    async def download(self, version_id: str) -> Answer:
        """The archive of a version, by way of a token."""
        token = await self.serve.get(f"/artifact_versions/{version_id}/download-token")
        return await self.serve("GET", f"/artifact_versions/{version_id}/data", query={"token": token})

    async def delete(self, version_id: str, *, rows: bool = True) -> Answer:
        """What the server answers to a deletion that takes the files along."""
        query = {"delete_metadata": rows, "delete_from_artifact_store": True}
        return await self.serve("DELETE", f"/artifact_versions/{version_id}", query=query)


async def shelf_over(registry: Registry) -> Shelf:
    """A store that is the whole place of the registry's files."""
    assert registry.files is not None
    shared = registry.files.shared
    return Shelf(registry, await add_store(registry, FLAVORS[shared.scheme], {"path": shared.root.rstrip("/")}))


async def add_store(
    registry: Registry, flavor: str, configuration: dict[str, Any], component_type: str = "artifact_store"
) -> str:
    """The id of a new store."""
    body = {"type": component_type, "flavor": flavor, "configuration": configuration}
    draft = RecordDraft(dialect="zenml", kind="component", name="elsewhere", body=json.dumps(body))

    async def work(unit: Writer) -> str:
        return (await records.create_record(registry, unit, ANYBODY, draft)).id

    return await registry.store.write(work)
