"""The registry's entities, as frozen Structs that know no storage and no vendor.

Conventions, for every field:

- ids are UUIDs as dashed lower-case text;
- instants are whole microseconds since the Unix epoch, UTC;
- ``Json`` is JSON *text*, kept exactly as it will be handed back;
- ``dialect`` names the adapter that wrote the row.
"""

from typing import TypeAlias

from msgspec import Struct

Instant: TypeAlias = int
Json: TypeAlias = str


class Project(Struct, frozen=True, kw_only=True):
    """A room of names. ``serial`` is the small decimal number by which some dialects know it.

    ``display_name`` is what people see of it where that is not its name; ``metadata`` is a JSON object that a dialect
    gives back as it came, ``facet`` one of what only a dialect knows, by the dialect's name (see ``facets``).
    """

    id: str
    serial: int
    name: str
    slug: str
    word: str
    display_name: str | None
    description: str | None
    metadata: Json | None
    facet: Json | None
    author_id: str | None
    created: Instant
    updated: Instant


class Artifact(Struct, frozen=True, kw_only=True):
    """A named line of versions, with its counters and its head.

    ``name`` is null only for the nameless artifact that a keyless Prefect row makes. ``slug`` and ``word`` are the
    name's forms in stricter alphabets (see ``names``). ``ordinals`` is the last ordinal given, never taken back;
    ``highest`` is the greatest integer label among its living versions, null where none has one.

    The head is what points at the newest version: it has an id and times of its own, and the four ``head_*``
    fields are null together when no version lives. ``versions`` counts the living versions that every dialect sees;
    an ``internal`` artifact has never had one, and is seen by nobody else either. ``dialect`` is the one through which
    all versions that it ever had were written; null once a second one wrote.
    """

    id: str
    project_id: str
    kind: str
    name: str | None
    custom_name: bool
    slug: str | None
    word: str | None
    ordinals: int
    highest: int | None
    versions: int
    internal: bool
    dialect: str | None
    author_id: str | None
    created: Instant
    updated: Instant
    head_id: str | None
    head_version_id: str | None
    head_created: Instant | None
    head_updated: Instant | None


class Version(Struct, frozen=True, kw_only=True):
    """One version of an artifact.

    ``ordinal`` counts 1, 2, 3 ... and is never reused; ``label`` is unique in the artifact and chosen by the client
    or counted; ``number`` is the label as an integer where it is one; ``alias`` is a further name, unique in the
    artifact while the version has it. ``kind`` is the artifact's, which never changes. ``role`` says what the content
    is (data, model, schema ...), ``form`` how it is presented (markdown, table ...). Content is either ``data`` (inline
    JSON) or lies behind ``uri``, in the store ``store_id`` (a ``Record``) if one is known; data that was laid out as
    files, for a dialect whose clients open content themselves, has both. ``loader`` names what reads it there and
    ``data_type`` what comes of that, both as the text of the dialect that reads it. ``owned`` tells that the registry
    gave a place to the bytes, and removes them with the version. ``metadata`` is the folded document (a JSON object;
    null differs from an empty one).
    ``internal`` versions come from run states and show only in the dialect that wrote them. ``tagged`` tells that a tag
    was put on it once, whether or not one still is: tags of what never bore any need not be asked for. The producer
    columns hold ids as given: the run or step need not exist, now or ever. ``step`` is the training step at which it
    was made, where the dialect counts them.
    """

    id: str
    project_id: str
    artifact_id: str
    kind: str
    ordinal: int
    label: str
    number: int | None
    alias: str | None
    dialect: str
    role: str
    form: str | None
    internal: bool
    tagged: bool
    uri: str | None
    owned: bool
    store_id: str | None
    loader: str | None
    data_type: str | None
    data: Json | None
    description: str | None
    metadata: Json | None
    producer_run: str | None
    producer_step: str | None
    step: int | None
    author_id: str | None
    facet: Json | None
    created: Instant
    updated: Instant


class Tag(Struct, frozen=True, kw_only=True):
    """A server-wide label. An exclusive tag sits on at most one thing of a kind in its scope."""

    id: str
    name: str
    colour: str
    exclusive: bool
    author_id: str | None
    created: Instant
    updated: Instant


class TagLink(Struct, frozen=True, kw_only=True):
    """A tag on a thing: ``entity`` is one of artifact, version, workflow, run, record.

    ``project_id`` (null for what belongs to the server), ``kind`` (empty where the thing has none) and ``at``, the time
    at which the thing was made, are the thing's own: they never change, and with them a page of all things with one tag
    is read off an index. So is ``scope_id``, that of what the thing is one of several of, such as a version's artifact:
    among its siblings there a tag that may be on one only is looked for.
    """

    tag_id: str
    entity: str
    entity_id: str
    project_id: str | None
    scope_id: str | None
    kind: str
    at: Instant
    created: Instant


class MetadataEntry(Struct, frozen=True, kw_only=True):
    """One line of an owner's metadata log. ``id`` is time-ordered: it is the log's sequence."""

    id: str
    entity: str
    entity_id: str
    key: str
    value: Json
    type: str
    created: Instant


class Property(Struct, frozen=True, kw_only=True):
    """A value by which one dialect looks an entity up, when no neutral column serves."""

    entity: str
    entity_id: str
    dialect: str
    name: str
    value: str


class Workflow(Struct, frozen=True, kw_only=True):
    """What runs are runs of: a flow, a pipeline; with ``role`` deployment, a prepared way of running its parent."""

    id: str
    project_id: str
    dialect: str
    role: str
    parent_id: str | None
    name: str
    tags: Json
    facet: Json | None
    author_id: str | None
    created: Instant
    updated: Instant


class Run(Struct, frozen=True, kw_only=True):
    """One execution. ``role`` is run (a flow run, a pipeline run) or step (a task run, a step run).

    ``parent_id`` is, for a step, the run it is part of; for a run, the step that called it. ``position`` tells the
    steps of one run apart and is unique among them. ``key`` is the client's own key for the run, unique in its
    workflow.
    ``spent`` is the time in running states so far, in microseconds. ``state_*`` repeat the newest ``RunState``.
    ``deleted`` is since when it is put away: still there for who asks for it in particular, and can be brought back.
    """

    id: str
    project_id: str
    dialect: str
    role: str
    workflow_id: str | None
    deployment_id: str | None
    parent_id: str | None
    position: str | None
    key: str | None
    name: str
    metadata: Json | None
    state_id: str | None
    state_type: str | None
    state_name: str | None
    state_at: Instant | None
    expected_start: Instant | None
    next_start: Instant | None
    started: Instant | None
    ended: Instant | None
    attempts: int
    spent: int
    tags: Json
    facet: Json | None
    author_id: str | None
    created: Instant
    updated: Instant
    deleted: Instant | None


class RunState(Struct, frozen=True, kw_only=True):
    """One entry of a run's history. ``details`` and ``data`` are JSON the dialect gives back as it came.

    ``version_id`` is the version that holds the data instead, where the dialect keeps results as versions.
    """

    id: str
    run_id: str
    type: str
    name: str
    message: str | None
    at: Instant
    details: Json | None
    data: Json | None
    version_id: str | None
    created: Instant


class RunLink(Struct, frozen=True, kw_only=True):
    """A version and a run or step that produced or consumed it.

    ``run_id`` is text without a foreign key: a link may come before its run and outlive it. ``direction`` is
    ``produced`` or ``consumed``; ``slot`` names the output or input, ``""`` where the dialect has no names.
    """

    version_id: str
    run_id: str
    direction: str
    slot: str


class Derivation(Struct, frozen=True, kw_only=True):
    """A version or run, and a version or run that it was made from, as somebody says. One of each pair is given.

    ``origin`` is ``metadata``, where it was said under the key for inputs, or ``link``. ``reference`` is the text that
    named the source. One that names nothing yet has no source and a row for each ``key`` by which it is found once
    there is something that it may name (see ``references``); ``key`` is null otherwise. It goes with either end.
    """

    id: str
    project_id: str
    version_id: str | None
    run_id: str | None
    source_version_id: str | None
    source_run_id: str | None
    origin: str
    reference: str
    key: str | None
    author_id: str | None
    created: Instant


class Parameter(Struct, frozen=True, kw_only=True):
    """A value that a run was given, under a key of the run."""

    run_id: str
    key: str
    value: str


class RunTag(Struct, frozen=True, kw_only=True):
    """A text that a run is marked with, under a key of the run."""

    run_id: str
    key: str
    value: str


class MetricPoint(Struct, frozen=True, kw_only=True):
    """One measurement of a run. ``nan`` tells that it is no number: ``value`` is 0.0 then, as engines keep no NaN.

    ``step`` is the training step, ``at`` the client's time of it in milliseconds since the epoch, both as given. Logged
    once more, the same point is still one.
    """

    run_id: str
    key: str
    step: int
    at: int
    value: float
    nan: bool


class Metric(Struct, frozen=True, kw_only=True):
    """The last point of one metric of a run, by step, then time, then value: what runs are found and sorted by."""

    run_id: str
    key: str
    step: int
    at: int
    value: float
    nan: bool


class LogLine(Struct, frozen=True, kw_only=True):
    """A line that a run logged. ``level`` follows Python's logging levels."""

    id: str
    project_id: str
    run_id: str | None
    step_id: str | None
    name: str
    level: int
    message: str
    at: Instant
    facet: Json | None


class Event(Struct, frozen=True, kw_only=True):
    """Something that happened to a resource, as a client told it, under the id that the client gave it.

    ``resource_id`` is the client's own name of the resource. ``occurred`` is the client's time, ``received`` ours.
    ``body`` is what only the dialect gives back. An event goes when it is older than events are kept.
    """

    id: str
    project_id: str
    dialect: str
    name: str
    occurred: Instant
    received: Instant
    resource_id: str
    body: Json


class EventResource(Struct, frozen=True, kw_only=True):
    """A resource that an event is about, by which it is found: the one it happened to at place 0, related ones behind.

    ``role`` is what a related one is to the event, empty at place 0. ``occurred`` is the event's; ``labels`` is what
    else the client says of the resource, as a text for searches (see ``labels``).
    """

    event_id: str
    place: int
    resource_id: str
    role: str
    occurred: Instant
    labels: str


class Record(Struct, frozen=True, kw_only=True):
    """A resource that only its own dialect can read: stored, listed and given back, never interpreted.

    ``kind`` tells the dialect's resources apart. ``key`` is unique among the records of a kind; null where nothing has
    to be. ``parent_id`` is the record, workflow or run that it belongs to, ``number`` its place among that one's,
    ``state`` where it stands, all as the dialect has them.
    """

    id: str
    project_id: str | None
    dialect: str
    kind: str
    key: str | None
    parent_id: str | None
    name: str | None
    number: int | None
    state: str | None
    body: Json
    metadata: Json | None
    author_id: str | None
    created: Instant
    updated: Instant


class Stage(Struct, frozen=True, kw_only=True):
    """A version on its way: it has a place for its bytes, and nobody sees it before it is applied.

    ``id`` will be the version's. ``root`` is what the client was told of the place, and tells the stage apart.
    """

    id: str
    project_id: str
    artifact_id: str
    dialect: str
    root: str
    author_id: str | None
    created: Instant
    expires: Instant


class Upload(Struct, frozen=True, kw_only=True):
    """An object that a client sends to the storage itself in parts; given up there if it is not finished in time.

    ``reference`` is the storage's own name for it.
    """

    id: str
    key: str
    reference: str
    created: Instant
    expires: Instant


class Discard(Struct, frozen=True, kw_only=True):
    """A prefix of the storage whose bytes belong to nothing any more, to be removed when ``due``.

    They are at once, and again when ``until`` is past, since no address that was handed out can write there by then.
    """

    prefix: str
    created: Instant
    due: Instant
    until: Instant


class RecordLink(Struct, frozen=True, kw_only=True):
    """A record and a thing that it gathers: ``entity`` is version, run or record.

    It goes with the record, and outlives the thing.
    """

    id: str
    record_id: str
    entity: str
    entity_id: str
    author_id: str | None
    created: Instant


class Reply(Struct, frozen=True, kw_only=True):
    """What a write was answered, kept for a while under the key that its client gave it: asked again, it is repeated.

    ``caller_id`` is the user whose key it is.
    """

    key: str
    caller_id: str
    body: Json
    created: Instant


class Tally(Struct, frozen=True, kw_only=True):
    """An inserted change of a total; the sweep folds many into one.

    ``noun`` is version, head or artifact, or one of these behind ``tagged-``: then ``subject`` is the tag's id, which
    is empty otherwise.
    """

    id: str
    project_id: str
    noun: str
    subject: str
    kind: str
    internal: bool
    delta: int


class User(Struct, frozen=True, kw_only=True):
    """Somebody who may sign in, or a service account (``service``), which only ever comes in by a key.

    ``stamp`` changes with every change of password, role or standing. ``facet`` is a JSON object of what only a dialect
    gives back, by the dialect's name (see ``facets``).
    """

    id: str
    name: str
    role: str
    service: bool
    password: str | None
    active: bool
    stamp: str
    full_name: str | None
    email: str | None
    description: str | None
    facet: Json | None
    created: Instant
    updated: Instant


class Token(Struct, frozen=True, kw_only=True):
    """A key of a user; only its digest is kept. ``expires`` null means never, ``used`` null not yet.

    ``active`` false switches it off until further notice, ``revoked`` for good. ``rotated`` is when its key was last
    replaced; where the key before stays good for a while (until ``retained``), it is a token of its own, with this one
    as its ``successor_id``, that goes when this one goes. ``device_id`` is the device that it was given to.
    """

    id: str
    user_id: str
    name: str
    description: str | None
    role: str
    digest: str
    active: bool
    device_id: str | None
    successor_id: str | None
    created: Instant
    updated: Instant
    used: Instant | None
    rotated: Instant | None
    retained: Instant | None
    expires: Instant | None
    revoked: Instant | None


class Device(Struct, frozen=True, kw_only=True):
    """A machine that asked to be signed in by a user on another one (RFC 8628), and its two codes' digests.

    ``status`` is pending, verified (approved by ``user_id``, its key not fetched yet), active, or locked. ``role`` is
    what its key may do at most. ``attempts`` counts wrong user codes. ``facet`` is what it says of itself, an object:
    hostname, os, ip_address, and what only a dialect asks for. It goes when it ``expires``, and its key with it.
    """

    id: str
    client_id: str
    user_id: str | None
    user_digest: str
    device_digest: str
    status: str
    role: str | None
    trusted: bool
    attempts: int
    facet: Json | None
    created: Instant
    updated: Instant
    used: Instant | None
    expires: Instant


class Grant(Struct, frozen=True, kw_only=True):
    """What a user may do in one project, beside what their own role lets them do in all. At most one of each pair."""

    project_id: str
    user_id: str
    role: str
    created: Instant
    author_id: str | None


class AuditEntry(Struct, frozen=True, kw_only=True):
    """One transaction that wrote something: who, what, when, and through which dialect. Never changed.

    ``id`` is time-ordered. ``user_id`` is null where the registry itself acted, or somebody who had not signed in.
    ``action`` is the name of the operation, ``project_id`` the project where it touched one only. ``subjects`` is a
    JSON list of the first things that were added, changed or removed, each ``[deed, noun, id]``, and ``touched`` how
    many there were.
    """

    id: str
    at: Instant
    user_id: str | None
    user_name: str
    dialect: str
    action: str
    project_id: str | None
    subjects: Json
    touched: int


class Setting(Struct, frozen=True, kw_only=True):
    """A fact that every process of this registry must agree on, such as the signing secret."""

    name: str
    value: str


Entity: TypeAlias = (
    Project
    | Artifact
    | Version
    | Tag
    | TagLink
    | MetadataEntry
    | Property
    | Workflow
    | Run
    | RunState
    | RunLink
    | Derivation
    | Parameter
    | RunTag
    | MetricPoint
    | Metric
    | LogLine
    | Event
    | EventResource
    | Record
    | RecordLink
    | Stage
    | Upload
    | Discard
    | Reply
    | Tally
    | User
    | Token
    | Device
    | Grant
    | AuditEntry
    | Setting
)
