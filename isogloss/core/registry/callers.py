"""The registry as a caller has it: kept to their projects, and with a record of what they write."""

from msgspec.structs import replace

from isogloss.core.access import Principal
from isogloss.core.ports import Store
from isogloss.core.registry.audit import AuditedStore, Deed
from isogloss.core.registry.context import Registry
from isogloss.core.registry.scopes import ScopedStore, is_scoped


def registry_for(registry: Registry, caller: Principal, dialect: str, action: str) -> Registry:
    """The registry for whatever a caller asks of it, who may write: every route comes by here, or by the next."""
    deed = Deed(caller, dialect, action)
    store: Store = AuditedStore(registry.store, deed, registry.clock, registry.sequence)
    if is_scoped(caller):
        store = ScopedStore(store, caller, registry.default_project.id)
    return replace(registry, store=store)


def registry_to_read(registry: Registry, caller: Principal) -> Registry:
    """As ``registry_for``, for what only reads: for most callers the registry itself, which costs nothing."""
    if not is_scoped(caller):
        return registry
    return replace(registry, store=ScopedStore(registry.store, caller, registry.default_project.id))
