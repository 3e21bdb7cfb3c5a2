"""The bodies of requests about versions and their files."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from isogloss.adapters.truefoundry.bodies.common import Positive, Text


class WithManifest(BaseModel):
    """A manifest to stage, to apply, or to delete by."""

    manifest: dict[str, Any]


class OfStage(BaseModel):
    """A stage, or a version, by its id."""

    id: Text


class SignedUrls(BaseModel):
    """Addresses to be signed, of files of a version or stage."""

    id: Text
    paths: Annotated[list[Text], Field(max_length=10_000)]
    operation: Literal["READ", "WRITE"]


class MultipartUpload(BaseModel):
    """A file that is to be uploaded in so many parts."""

    id: Text
    path: Text
    num_parts: Annotated[Positive, Field(le=10_000)]


class ListFiles(BaseModel):
    """A level of a version's files. An absent or empty path is the root, an absent or empty token the first page."""

    id: Text
    path: Text | None = None
    limit: Annotated[Positive, Field(le=10_000)] = 500
    page_token: Annotated[Text | None, Field(alias="pageToken")] = None


class Tags(BaseModel):
    """Tags to be put on a version, whose id has a name for each kind. ``force`` takes them off its siblings."""

    model_config = ConfigDict(extra="allow")

    tags: Annotated[list[Text], Field(max_length=1_000)]
    force: bool = False
