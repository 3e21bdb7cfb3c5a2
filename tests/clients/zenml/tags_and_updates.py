"""Renaming and relabelling artifacts and versions; tags of their own, and those that sit in one place."""

from checks import expect, holds, raises, unique
from zenml import Tag, add_tags, remove_tags, save_artifact
from zenml.client import Client
from zenml.enums import ColorVariants, TaggableResourceTypes
from zenml.exceptions import EntityExistsError
from zenml.models import TagResource

client = Client()
name = unique("tags")


def names(thing):
    """The tags of a thing, without the name that all of them share."""
    return {tag.name.removeprefix(f"{name}-") for tag in thing.tags}


# Updates.
first = save_artifact(1, f"{name}-x", tags=[f"{name}-one", f"{name}-two"])
save_artifact(2, f"{name}-y")
expect((names(first), names(first.artifact)), ({"one", "two"}, set()), "tags are the version's")
changed = client.update_artifact(f"{name}-x", new_name=f"{name}-z", add_tags=[f"{name}-art"], has_custom_name=False)
expect((changed.id, changed.name), (first.artifact.id, f"{name}-z"), "renamed")
expect((changed.has_custom_name, names(changed)), (False, {"art"}), "and the rest")
holds(changed.updated > changed.created, "an update moves updated")
raises(KeyError, lambda: client.get_artifact(f"{name}-x"), "the old name is nobody's")
expect(client.get_artifact_version(f"{name}-z").id, first.id, "the version follows")
raises(EntityExistsError, lambda: client.update_artifact(f"{name}-z", new_name=f"{name}-y"), "a name that is taken")
again = [f"{name}-art", f"{name}-more"]
changed = client.update_artifact(f"{name}-z", add_tags=again, remove_tags=[f"{name}-art", f"{name}-unknown"])
expect(names(changed), {"more"}, "removing wins, and what is not there is no matter")
second = save_artifact(3, f"{name}-z")
expect((second.version, second.artifact.id), ("2", first.artifact.id), "it counts on under the new name")
holds(client.get_artifact(f"{name}-z").has_custom_name, "which is its own again")
changed = client.update_artifact_version(f"{name}-z", "1", add_tags=[f"{name}-three"], remove_tags=[f"{name}-one"])
expect(names(changed), {"two", "three"}, "a version relabelled")
changed = client.update_artifact_version(first.id, remove_tags=[f"{name}-two", f"{name}-three"])
expect((changed.tags, names(client.get_artifact_version(second.id))), ([], set()), "a version stripped")
for word in ("one", "two", "three", "art", "more"):
    tag = client.get_tag(f"{name}-{word}")
    holds(tag.color in list(ColorVariants) and not tag.exclusive, "tags stay, each with a colour")

# Tags of their own.
red = client.create_tag(f"{name}-red", color="red")
expect((red.color, red.exclusive, red.tagged_count), (ColorVariants.RED, False, 0), "a tag")
expect(red.user.id, client.active_user.id, "and whose it is")
raises(EntityExistsError, lambda: client.create_tag(f"{name}-red"), "made twice")
raises(ValueError, lambda: client.create_tag(f"{name}-ultraviolet", color="ultraviolet"), "a colour that is none")
blue = client.update_tag(f"{name}-red", name=f"{name}-blue", color="blue")
expect((blue.id, blue.name, blue.color), (red.id, f"{name}-blue", ColorVariants.BLUE), "a tag renamed")
raises(EntityExistsError, lambda: client.update_tag(f"{name}-blue", name=f"{name}-one"), "to a name that is taken")
expect(client.get_tag(str(blue.id)[:18]).name, f"{name}-blue", "a tag by the start of its id")

# Where they sit.
versions = [save_artifact(number, f"{name}-many") for number in range(3)]
places = [TagResource(id=version.id, type=TaggableResourceTypes.ARTIFACT_VERSION) for version in versions]
client.attach_tag(f"{name}-blue", places[:2])
client.attach_tag(f"{name}-blue", [TagResource(id=versions[0].artifact.id, type=TaggableResourceTypes.ARTIFACT)])
expect(client.get_tag(f"{name}-blue").tagged_count, 3, "on three things")
client.attach_tag(f"{name}-blue", places[:1])
expect(client.get_tag(f"{name}-blue").tagged_count, 3, "twice on a thing is once")
client.detach_tag(f"{name}-blue", places[:1])
client.detach_tag(f"{name}-blue", places[2:])
expect([row.version for row in client.list_artifact_versions(tags=f"{name}-blue")], ["2"], "off one of them")
add_tags([f"{name}-new", Tag(name=f"{name}-teal", color=ColorVariants.TEAL)], artifact_version_id=versions[2].id)
expect(names(client.get_artifact_version(versions[2].id)), {"new", "teal"}, "by the helper")
expect(client.get_tag(f"{name}-teal").color, ColorVariants.TEAL, "in its colour")
remove_tags([f"{name}-new"], artifact_name=f"{name}-many", artifact_version="3")
expect(names(client.get_artifact_version(versions[2].id)), {"teal"}, "and off again")
add_tags([f"{name}-whole"], artifact=f"{name}-many")
expect(names(client.get_artifact(f"{name}-many")), {"blue", "whole"}, "on the artifact")

# An exclusive tag sits on one version of an artifact.
only = Tag(name=f"{name}-only", exclusive=True)
add_tags([only], artifact_version_id=versions[0].id)
add_tags([only], artifact_version_id=versions[1].id)
holders = client.list_artifact_versions(tags=f"{name}-only")
expect([row.version for row in holders], ["2"], "the exclusive tag moved")
elsewhere = save_artifact("x", f"{name}-elsewhere", tags=[only.name])
expect(client.list_artifact_versions(tags=f"{name}-only").total, 2, "another artifact has one as well")
add_tags([only], artifact_version_id=versions[1].id)
expect(client.list_artifact_versions(tags=f"{name}-only").total, 2, "where it is already it stays")
third = save_artifact("y", f"{name}-many", tags=[only.name])
expect((names(third), names(client.get_artifact_version(versions[1].id))), ({"only"}, {"blue"}), "it moves at a save")
raises(
    ValueError,
    lambda: add_tags([Tag(name=f"{name}-only", exclusive=False)], artifact_version_id=elsewhere.id),
    "one that is exclusive, as if it were not",
)
client.create_tag(f"{name}-loose")
client.attach_tag(f"{name}-loose", places[:2])
raises(ValueError, lambda: client.update_tag(f"{name}-loose", exclusive=True), "exclusive on two at once")
client.detach_tag(f"{name}-loose", places[:1])
holds(client.update_tag(f"{name}-loose", exclusive=True).exclusive, "exclusive on one")

# Lists of tags.
mine = f"startswith:{name}"


def tags(**filters):
    """The words of our tags that the filters let through."""
    return [tag.name.removeprefix(f"{name}-") for tag in client.list_tags(name=mine, size=50, **filters).items]


expect(set(tags(exclusive=True)), {"only", "loose"}, "the exclusive ones")
expect([word for word in tags(color="teal") if word == "teal"], ["teal"], "by colour")
expect(set(tags(resource_type="artifact")), {"blue", "more", "whole"}, "by what they sit on")
expect(tags(sort_by="desc:name")[0], "whole", "by name, down")
expect(tags(sort_by="asc:created")[:2], ["one", "two"], "by creation")
expect(client.list_tags(name=mine, hydrate=True, size=50).total, len(tags()), "all of them")
client.delete_tag(f"{name}-blue")
raises(KeyError, lambda: client.get_tag(f"{name}-blue"), "a tag that is gone")
raises(KeyError, lambda: client.delete_tag(f"{name}-blue"), "and gone again")
expect(names(client.get_artifact(f"{name}-many")), {"whole"}, "is gone from where it sat")
print("done")
