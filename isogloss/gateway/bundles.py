"""The files of a vendor's web pages: where they are, and how they are sent, made ready once at the start.

They are read out of the vendor's package, into which nothing is written, and kept in memory: what can be asked for is
a name in a table, so no path leads anywhere else.
"""

import hashlib
import importlib.util
import os
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from isogloss.adapters.dialect import Dialect
from isogloss.adapters.user_interface import Bundle, UserInterface
from isogloss.gateway.middleware.compression import GZIP_WINDOW, MINIMUM_BYTES
from isogloss.gateway.problems import Problem
from isogloss.gateway.settings import INSTALLED, Settings

INDEX = "index.html"

LEVEL = 6
"""Files are compressed once and sent often, so more is worth it than for an answer."""

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/vnd.microsoft.icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}
"""By the ending; the machine's own table of types would let each machine send others."""

TEXTS = frozenset({".css", ".html", ".js", ".json", ".map", ".svg", ".txt", ".webmanifest", ".xml"})
"""Files with these endings are text: placeholders are replaced in them, and they are worth compressing."""

_HASHED = re.compile(r"assets/.*-[A-Za-z0-9_-]{8}\.[a-z0-9]+")


class File(Struct, frozen=True, kw_only=True):
    """A file as it is sent. ``body`` is compressed by gzip where ``compressed`` says so.

    ``size`` is that of the file itself, in bytes. ``lasting`` says that its name has its content's hash in it.
    """

    media_type: str
    body: bytes
    size: int
    tag: str
    compressed: bool
    lasting: bool

    @property
    def plain(self) -> bytes:
        """The file itself."""
        return zlib.decompress(self.body, GZIP_WINDOW) if self.compressed else self.body


class ServedBundle(Struct, frozen=True, kw_only=True):
    """A bundle with its files, by their paths below its base."""

    bundle: Bundle
    files: Mapping[str, File]


class ServedInterface(Struct, frozen=True, kw_only=True):
    """A vendor's pages with those of their bundles that are there, the default one first."""

    dialect: str
    interface: UserInterface
    bundles: tuple[ServedBundle, ...]


def open_interfaces(settings: Settings, dialects: Sequence[Dialect]) -> tuple[ServedInterface, ...]:
    """The pages that the settings ask for. Raises ``Problem`` where they are not there, or cannot be read."""
    asked = {"prefect": settings.prefect_ui}
    opened = []
    for dialect in dialects:
        where = asked.get(dialect.name)
        if dialect.user_interface is not None and where is not None:
            folder = package_folder(dialect.user_interface) if where == INSTALLED else Path(where)
            opened.append(open_interface(dialect.name, dialect.user_interface, folder))
    return tuple(opened)


def package_folder(interface: UserInterface) -> Path:
    """The folder of the package that is installed beside us; it is not imported. Raises ``Problem``."""
    name = interface.package
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise Problem(
            f"No package {name} is installed beside Isogloss, so there are no pages of it to serve. Install "
            f"isogloss[{name}-ui], or tell with --{name}-ui FOLDER (ISOGLOSS_{name.upper()}_UI) where another "
            f"environment has it, such as .../site-packages/{name}."
        )
    return Path(spec.origin).parent


def open_interface(dialect: str, interface: UserInterface, folder: Path) -> ServedInterface:
    """The pages in the folder of a package. Raises ``Problem`` where it has none, or they cannot be read."""
    found = [bundle for bundle in interface.bundles if (folder / bundle.folder / INDEX).is_file()]
    if not found:
        places = " or ".join(f"{bundle.folder}/{INDEX}" for bundle in interface.bundles)
        raise Problem(
            f"{folder} is not the folder of a package {interface.package} with web pages: it has no {places}. Give "
            f"the folder that an installed one lies in, such as .../site-packages/{interface.package}."
        )
    try:
        served = [ServedBundle(bundle=bundle, files=_read_files(interface, bundle, folder)) for bundle in found]
    except OSError as error:
        raise Problem(f"The web pages in {folder} cannot be read: {error.filename}: {error.strerror}.") from None
    return ServedInterface(dialect=dialect, interface=interface, bundles=tuple(served))


def _read_files(interface: UserInterface, bundle: Bundle, folder: Path) -> dict[str, File]:
    replaced = ((interface.placeholder, bundle.base.encode()), *interface.replaced)
    return {name: _made_ready(name, path, replaced) for name, path in _listed(folder / bundle.folder)}


def _listed(root: Path) -> Iterator[tuple[str, Path]]:
    """Each file by its path from the root. Installers may link files; linked folders are not entered."""
    for folder, _, names in os.walk(root, onerror=_raise):
        for name in names:
            path = Path(folder, name)
            if path.is_file():
                yield path.relative_to(root).as_posix(), path


def _raise(error: OSError) -> None:
    raise error


def _made_ready(name: str, path: Path, replaced: Sequence[tuple[bytes, bytes]]) -> File:
    content = path.read_bytes()
    is_text = path.suffix in TEXTS
    if is_text:
        for text, replacement in replaced:
            content = content.replace(text, replacement)
    compressed = is_text and len(content) >= MINIMUM_BYTES
    return File(
        media_type=MEDIA_TYPES.get(path.suffix, "application/octet-stream"),
        body=zlib.compress(content, LEVEL, GZIP_WINDOW) if compressed else content,
        size=len(content),
        # Weak, as it stands for the content in either encoding.
        tag=f'W/"{hashlib.sha256(content).hexdigest()[:32]}"',
        compressed=compressed,
        lasting=_HASHED.fullmatch(name) is not None,
    )
