"""Web pages of no vendor, in a package as vendors' are."""

import json
from pathlib import Path

from isogloss.adapters.user_interface import Bundle, Situation, UserInterface


def toy_settings(situation: Situation) -> bytes:
    return json.dumps([situation.root, situation.required, list(situation.served)]).encode()


NEW = Bundle(name="two", folder="web/new", base="/new")
OLD = Bundle(name="one", folder="web/old", base="/old")

PAGES = UserInterface(
    package="toy_pages",
    bundles=(NEW, OLD),
    preference="toy_pages",
    placeholder=b"/BASE",
    replaced=((b"https://statistics.example.org/config", b"data:,"),),
    settings_paths=("/toy-settings", "/old/toy-settings"),
    settings=toy_settings,
    policy=("default-src 'self'", "img-src *"),
    links=frozenset({"runs"}),
    astray=(("/mark.svg", "logo.svg"), ("/gone.svg", "gone.svg")),
)

SCRIPT = b"const base = '/BASE/'; fetch('https://statistics.example.org/config');" + b" " * 500
PICTURE = b"\x89PNG/BASE"

FILES: dict[str, bytes] = {
    "index.html": b'<!doctype html><script src="/BASE/assets/main-Abc_12-x.js"></script>',
    "assets/main-Abc_12-x.js": SCRIPT,
    "assets/style.css": b"body { background: url(/BASE/logo.svg) }",
    "logo.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "picture.png": PICTURE,
    "site.webmanifest": b"{}",
    "blob.unknown": b"\0\1",
}


def make_package(home: Path, *bundles: Bundle) -> Path:
    """The folder of a package with these bundles, or with all of them. Importing it would fail."""
    folder = home / PAGES.package
    for bundle in bundles or PAGES.bundles:
        for name, content in FILES.items():
            path = folder / bundle.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    (folder / "__init__.py").write_text("raise ImportError('nobody has to import this')\n")
    return folder
