"""What an adapter tells of its vendor's own web pages, so that the gateway can serve them as they are."""

from collections.abc import Callable

from msgspec import Struct


class Bundle(Struct, frozen=True, kw_only=True):
    """One generation of the pages: files in ``folder`` of the vendor's package, served below ``base``.

    Its ``index.html`` is the page of every address there. ``name`` is what the vendor calls it.
    """

    name: str
    folder: str
    base: str


class Situation(Struct, frozen=True, kw_only=True):
    """What pages have to know of the gateway that they came from.

    ``root`` is the root of the address by which a browser reaches it, without a slash at its end; ``required`` says
    that credentials are required, ``served`` which bundles are served, by their names.
    """

    root: str
    required: bool
    served: tuple[str, ...]


class UserInterface(Struct, frozen=True, kw_only=True):
    """A vendor's web pages, which come with its ``package`` and never from us.

    Of the ``bundles`` the first one served is the default. A browser keeps in the cookie ``preference`` the name of the
    one that it prefers. ``placeholder`` stands in the files for the base of their bundle; ``replaced`` are other texts
    that are sent otherwise than they stand there, each with its replacement.

    The pages ask for what ``settings`` gives, as JSON, at each of ``settings_paths``. ``policy`` is what they need to
    be allowed, as directives of a Content-Security-Policy; where they may connect to is the gateway's to say.
    Addresses below the root whose first part is one of ``links`` are those that the vendor's clients show to people.
    Some files the pages ask for at the root, wherever their base is: ``astray`` has the path asked and the file's.
    """

    package: str
    bundles: tuple[Bundle, ...]
    preference: str
    placeholder: bytes
    replaced: tuple[tuple[bytes, bytes], ...]
    settings_paths: tuple[str, ...]
    settings: Callable[[Situation], bytes]
    policy: tuple[str, ...]
    links: frozenset[str]
    astray: tuple[tuple[str, str], ...]
