"""What belongs to things of several kinds: tags, metadata, properties, authors, records that gather them."""

from functools import partial

from sqlalchemy import ColumnElement, FromClause, func, literal_column, select

from isogloss.storage.sql import tables
from isogloss.storage.sql.sources import accounts, records
from isogloss.storage.sql.sources.shapes import Joined, Relation, RelationBuilder, Source, columns_of, literal, related


def tag_source(alias: str = "t") -> Source:
    """Tags. The relation ``link`` holds where each is put, and ``tagged`` counts that."""
    tag, counted = tables.tags.alias(alias), tables.tag_links.alias(f"{alias}n")

    def link() -> Relation:
        row = tables.tag_links.alias(f"{alias}l")

        def record() -> Relation:
            return related(records.record_source(f"{alias}lc"), "id", row.c.entity_id)

        source = Source(rows=row, columns=columns_of(row), relations={"record": record})
        return Relation(source, row.c.tag_id, tag.c.id)

    tagged = select(func.count()).select_from(counted).where(counted.c.tag_id == tag.c.id).correlate(tag)
    return Source(
        rows=tag,
        columns=columns_of(tag) | {"tagged": tagged.scalar_subquery(), "author": partial(author_name, tag, alias)},
        relations={"link": link, "author": author(tag, alias)},
        nullable=frozenset({"author_id", "author"}),
        selective=frozenset({"id", "name"}),
    )


def tag_link_source(alias: str = "tl") -> Source:
    """Tags where they are put: a row for each link, with its tag."""
    link, tag = tables.tag_links.alias(alias), tables.tags.alias(f"{alias}t")
    return Source(
        rows=link.join(tag, tag.c.id == link.c.tag_id),
        columns=columns_of(link) | columns_of(tag, "tag."),
        selective=frozenset({"tag_id", "tag.name", "entity_id"}),
        joined=Joined(link, ("tag.",)),
    )


def tags(owner: FromClause, entity: str, alias: str) -> RelationBuilder:
    """The tags of a thing."""

    def tags() -> Relation:
        source = tag_link_source(f"{alias}k")
        return Relation(source, source.column("entity_id"), owner.c.id, (source.column("entity") == literal(entity),))

    return tags


def tag_names(owner: FromClause, entity: str, alias: str) -> ColumnElement[object]:
    """The names of a thing's tags in their order, with commas between them; null where it has none."""
    link, tag = tables.tag_links.alias(f"{alias}nl"), tables.tags.alias(f"{alias}nt")
    names = (
        select(tag.c.name)
        .select_from(link.join(tag, tag.c.id == link.c.tag_id))
        .where(link.c.entity == literal(entity), link.c.entity_id == owner.c.id)
        .order_by(tag.c.name)
        .correlate(owner)
        .subquery(f"{alias}nn")
    )
    # A text here would become a parameter, and those belong to the values that are looked for.
    comma = literal_column("', '", tables.ByCodePoint)
    joined = func.aggregate_strings(names.c.name, comma)  # type: ignore[arg-type]
    return select(joined).select_from(names).scalar_subquery()


def author(owner: FromClause, alias: str) -> RelationBuilder:
    """Who made a thing: nobody, or one user."""

    def author() -> Relation:
        source = accounts.user_source(f"{alias}u")
        return related(source, "id", owner.c.author_id)

    return author


def author_name(owner: FromClause, alias: str) -> ColumnElement[object]:
    """The name of who made a thing."""
    user = tables.users.alias(f"{alias}un")
    return select(user.c.name).where(user.c.id == owner.c.author_id).correlate(owner).scalar_subquery()


def metadata(owner: FromClause, entity: str, alias: str) -> RelationBuilder:
    """The entries of a thing's metadata."""

    def entries() -> Relation:
        row = tables.metadata_entries.alias(f"{alias}m")
        source = Source(rows=row, columns=columns_of(row), selective=frozenset({"key"}))
        return Relation(source, row.c.entity_id, owner.c.id, (row.c.entity == literal(entity),))

    return entries


def gathered(owner: FromClause, entity: str, alias: str) -> RelationBuilder:
    """The links from records that gather a thing."""

    def links() -> Relation:
        source = records.record_link_source(f"{alias}cl")
        return Relation(source, source.column("entity_id"), owner.c.id, (source.column("entity") == literal(entity),))

    return links


def properties(owner: FromClause, entity: str, alias: str) -> RelationBuilder:
    """Properties; ``record`` is the record whose id is a property's value."""

    def properties() -> Relation:
        row = tables.properties.alias(f"{alias}x")

        def record() -> Relation:
            return related(records.record_source(f"{alias}xc"), "id", row.c.value)

        source = Source(rows=row, columns=columns_of(row), relations={"record": record}, selective=frozenset({"value"}))
        return Relation(source, row.c.entity_id, owner.c.id, (row.c.entity == literal(entity),))

    return properties
