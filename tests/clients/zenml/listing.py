"""Every way to list artifacts and their versions: filters of each kind, or and and, sorts, pages, hydration."""

from datetime import timedelta

from checks import expect, holds, raises, unique
from zenml import save_artifact
from zenml.client import Client
from zenml.enums import ArtifactType, LogicalOperators

client = Client()
name = unique("listing")
user = client.active_user
words = ("alpha", "beta", "gamma", "delta")
made = {
    word: save_artifact(number, f"{name}-{word}", has_custom_name=word != "delta", tags=[f"{name}-t{number % 2}"])
    for number, word in enumerate(words)
}
client.update_artifact(f"{name}-alpha", add_tags=[f"{name}-once", f"{name}-both"])
client.update_artifact(f"{name}-beta", add_tags=[f"{name}-both"])


def artifacts(**filters):
    """The words of our artifacts that the filters let through, in their order."""
    found = client.list_artifacts(**{"size": 100, **filters}).items
    return [row.name.removeprefix(f"{name}-") for row in found if row.name.startswith(name)]


mine = f"startswith:{name}"
expect(artifacts(name=mine), list(words), "by the start of a name, as they were created")
expect(artifacts(name=f"{name}-alpha"), ["alpha"], "by name")
expect(artifacts(name=f"equals:{name}-alpha"), ["alpha"], "by name, in other words")
expect(artifacts(name=[mine, f"notequals:{name}-alpha"]), ["beta", "gamma", "delta"], "by another name")
expect(artifacts(name=f"endswith:{name[8:]}-gamma"), ["gamma"], "by the end")
expect(artifacts(name=f"contains:{name[3:]}-"), list(words), "by what is in it")
expect(artifacts(name=f"contains:{name.upper()}-AL"), ["alpha"], "in capitals as well")
expect(artifacts(name=[mine, "notcontains:et"]), ["alpha", "gamma", "delta"], "by what is not")
expect(artifacts(name=f'oneof:["{name}-alpha", "{name}-delta", "other"]'), ["alpha", "delta"], "by some names")
expect(artifacts(name=[mine, f'notoneof:["{name}-alpha"]']), ["beta", "gamma", "delta"], "by none of some")
expect(artifacts(name=[mine, "contains:et", "contains:a"]), ["beta"], "several of one kind mean and")
either = {"name": [f"{name}-alpha", f"{name}-gamma"], "logical_operator": LogicalOperators.OR}
expect(artifacts(**either), ["alpha", "gamma"], "unless or is asked for")
expect(artifacts(name=mine, has_custom_name=False), ["delta"], "without a name of its own")
expect(artifacts(name=mine, has_custom_name=True), ["alpha", "beta", "gamma"], "with one")
expect(artifacts(name=mine, sort_by="asc:name"), ["alpha", "beta", "delta", "gamma"], "by name, up")
expect(artifacts(name=mine, sort_by="name"), ["alpha", "beta", "delta", "gamma"], "up goes without saying")
expect(artifacts(name=mine, sort_by="desc:name"), ["gamma", "delta", "beta", "alpha"], "and down")
expect(artifacts(name=mine, sort_by="desc:created"), list(reversed(words)), "newest first")
save_artifact("again", f"{name}-alpha")
expect(artifacts(name=mine, sort_by="desc:latest_version")[0], "alpha", "by their latest versions")
expect(artifacts(tags=f"{name}-once"), ["alpha"], "by tag")
expect(artifacts(tags=f"startswith:{name}-bo"), ["alpha", "beta"], "by the start of a tag")
expect(artifacts(tags=[f"{name}-both", f"{name}-once"]), ["alpha"], "by two tags")
expect(artifacts(tags=f"{name}-t0"), [], "a version's tag is not its artifact's")
beta = made["beta"].artifact
expect(artifacts(id=beta.id), ["beta"], "by id")
expect(artifacts(id=f"startswith:{str(beta.id)[:13]}"), ["beta"], "by the start of an id")
expect(artifacts(name=mine, user=user.name), list(words), "by a user's name")
expect(artifacts(name=mine, user=user.id), list(words), "by a user's id")
expect(artifacts(name=mine, user="nobody-of-this-name"), [], "by nobody's")
hour = timedelta(hours=1)
before, after = ((beta.created + step).strftime("%Y-%m-%d %H:%M:%S") for step in (-hour, hour))
expect(artifacts(name=mine, created=f"gte:{after}"), [], "created later")
expect(artifacts(name=mine, created=f"lt:{after}"), list(words), "created before then")
expect(artifacts(name=mine, created=f"in:{before},{after}"), list(words), "created between")
for bad in ("desc:nonsense", "nonsense"):
    raises(ValueError, lambda bad=bad: client.list_artifacts(sort_by=bad), f"sorted by {bad}")

# Pages.
pages = [client.list_artifacts(name=mine, size=3, page=page, sort_by="asc:name") for page in (1, 2)]
told = [(page.total, page.total_pages, page.index, page.max_size, len(page)) for page in pages]
expect(told, [(4, 2, 1, 3, 3), (4, 2, 2, 3, 1)], "what pages tell")
joined = [row.name.removeprefix(f"{name}-") for page in pages for row in page.items]
expect(joined, ["alpha", "beta", "delta", "gamma"], "pages have each row once")
raises(ValueError, lambda: client.list_artifacts(name=mine, size=3, page=3), "a page past the last")
empty = client.list_artifacts(name=unique("none"))
expect((empty.total, empty.total_pages, len(empty)), (0, 1, 0), "an empty page")

# Hydration.
lean, full = (client.list_artifacts(name=f"{name}-alpha", hydrate=hydrate).items[0] for hydrate in (False, True))
expect((lean.metadata, full.metadata.has_custom_name), (None, True), "metadata come when asked for")
expect({tag.name for tag in lean.tags}, {f"{name}-once", f"{name}-both"}, "tags always do")
expect((lean.latest_version_name, full.latest_version_name), ("2", "2"), "and the latest version")
expect((lean.has_custom_name, full), (True, client.get_artifact(full.id)), "a lean one can be asked for more")

# Versions.
a, b = f"{name}-a", f"{name}-b"
rows = [
    save_artifact(number, a, tags=[f"{name}-{'odd' if number % 2 else 'even'}"], user_metadata={"n": number})
    for number in range(5)
]
text = save_artifact("text", b, version="first", artifact_type=ArtifactType.MODEL, user_metadata={"n": 50})
both = f'oneof:["{a}", "{b}"]'


def versions(**filters):
    """The versions that the filters let through, in their order."""
    return [row.version for row in client.list_artifact_versions(**{"size": 50, **filters}).items]


five = ["1", "2", "3", "4", "5"]
expect(versions(artifact=a), five, "by the artifact's name")
expect(versions(name=a), five, "in other words")
expect(versions(artifact=rows[0].artifact.id), five, "by its id")
expect(versions(artifact=both), [*five, "first"], "by some names")
expect(versions(artifact=a, version="3"), ["3"], "by version")
expect(versions(artifact=a, version='oneof:["1", "4"]'), ["1", "4"], "by some versions")
expect(versions(artifact=a, version_number=2), ["2"], "by number")
expect(versions(artifact=a, version_number=["gt:1", "lte:4"]), ["2", "3", "4"], "by a range")
expect(versions(artifact=both, version_number="isnull:"), ["first"], "without a number")
expect(versions(artifact=both, type=ArtifactType.MODEL), ["first"], "by type")
expect(versions(artifact=both, data_type='contains:"attribute":"str"'), ["first"], "by what it is, as JSON")
expect(versions(artifact=both, data_type="contains:builtins.str"), [], "not by a dotted name")
expect(versions(artifact=a, materializer="contains:built_in_materializer"), five, "by what keeps it")
expect(versions(uri=rows[2].uri), ["3"], "by place")
expect(versions(artifact=a, artifact_store_id=rows[0].artifact_store_id), five, "by store")
expect(versions(id=rows[3].id), ["4"], "by id")
expect(versions(id=f"startswith:{str(rows[3].id)[:12]}"), ["4"], "by the start of an id")
expect(versions(artifact=a, id=f"notequals:{rows[3].id}"), ["1", "2", "3", "5"], "by another id")
expect(versions(artifact=a, tags=f"{name}-even"), ["1", "3", "5"], "by tag")
expect(versions(artifact=a, tags=[f"{name}-even", f"{name}-odd"]), [], "by two tags")
expect(versions(artifact=both, tags="isnull:"), ["first"], "without a tag")
expect(versions(artifact=a, run_metadata="n:3"), ["4"], "by metadata")
expect(versions(artifact=a, run_metadata=["n:gt:0", "n:lte:3"]), ["2", "3", "4"], "by a range of metadata")
expect(versions(artifact=a, user=user.id), five, "by user")
expect(versions(artifact=both, has_custom_name=True), [*five, "first"], "by a name of their own")
expect(versions(artifact=a, only_unused=True), five, "what no run uses")
expect(versions(artifact=a, sort_by="desc:version_number"), list(reversed(five)), "by number, down")
expect(versions(artifact=both, sort_by="desc:version"), ["first", "5", "4", "3", "2", "1"], "by version, as text")
expect(versions(artifact=a, size=2, page=2), ["3", "4"], "the second page")
expect(versions(artifact=a, size=2, page=2, sort_by="desc:created"), ["3", "2"], "from the other end")
expect(
    versions(id=rows[0].id, uri=text.uri, logical_operator=LogicalOperators.OR), ["1", "first"], "one thing or another"
)
latest = client.list_artifact_versions(artifact=a, sort_by="desc:created", size=1)
expect((latest.total, latest.items[0].version), (5, "5"), "the latest of five")
row = latest.items[0]
expect((row.metadata, row.artifact.name, [tag.name for tag in row.tags]), (None, a, [f"{name}-even"]), "lean")
expect(row.run_metadata["n"], 4, "and asked for more")
expect(client.list_artifact_versions(id=row.id, hydrate=True).items[0].metadata.run_metadata["n"], 4, "or had at once")
for filters in ({"created": "gte:yesterday"}, {"version": "oneof:1,2"}, {"run_metadata": "n"}):
    raises(ValueError, lambda filters=filters: client.list_artifact_versions(**filters), f"{filters} makes no sense")
holds(client.list_artifact_versions(artifact=a, project=client.active_project.name).total == 5, "by a project's name")
print("done")
