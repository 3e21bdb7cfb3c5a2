"""What each query source is in SQL, by the noun of its rows.

A source is built anew for each compiled statement, with aliases of its own, so that a relation may lead back to the
table that it started from. As relations lead everywhere, these modules know each other as modules, and look into one
another only when a source is built.
"""

from collections.abc import Callable

from isogloss.storage.sql.sources import accounts, artifacts, belongings, events, records, runs, versions
from isogloss.storage.sql.sources.shapes import Keyed, Relation, Source

__all__ = ["SOURCES", "Keyed", "Relation", "Source"]

SOURCES: dict[str, Callable[[], Source]] = {
    "version": versions.version_source,
    "shown_version": versions.shown_version_source,
    "tagged_version": versions.tagged_version_source,
    "artifact": artifacts.artifact_source,
    "every_artifact": artifacts.every_artifact_source,
    "tagged_artifact": artifacts.tagged_artifact_source,
    "newest_version": artifacts.newest_version_source,
    "newest_shown_version": artifacts.newest_shown_version_source,
    "project": artifacts.project_source,
    "tag": belongings.tag_source,
    "tag_link": belongings.tag_link_source,
    "run_link": runs.run_link_source,
    "derivation": runs.derivation_source,
    "linked_version": versions.linked_version_source,
    "record": records.record_source,
    "stage": records.stage_source,
    "upload": records.upload_source,
    "discard": records.discard_source,
    "reply": records.reply_source,
    "record_link": records.record_link_source,
    "head": versions.head_source,
    "run": runs.run_source,
    "workflow": runs.workflow_source,
    "metric_point": runs.metric_point_source,
    "run_key": runs.run_key_source,
    "log": runs.log_source,
    "event": events.event_source,
    "token": accounts.token_source,
    "user": accounts.user_source,
    "device": accounts.device_source,
    "audit_entry": accounts.audit_entry_source,
}

"""The sources by the names that ``core.query.Query`` uses."""
