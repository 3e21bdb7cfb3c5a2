"""Web pages are found in a vendor's package and made ready, and the package stays as it is."""

import errno
import os
import sys
from pathlib import Path

import pytest

from isogloss.gateway.bundles import ServedInterface, open_interface, open_interfaces, package_folder
from isogloss.gateway.dialects import DIALECTS
from isogloss.gateway.problems import Problem
from tests.gateway.pages import FILES, NEW, OLD, PAGES, PICTURE, SCRIPT, make_package
from tests.gateway.toy import settings


def opened(tmp_path: Path) -> ServedInterface:
    return open_interface("toy", PAGES, make_package(tmp_path))


def test_each_bundle_has_all_of_its_files(tmp_path: Path) -> None:
    served = opened(tmp_path)
    assert [each.bundle for each in served.bundles] == [NEW, OLD]
    assert all(set(each.files) == set(FILES) for each in served.bundles)


def test_texts_name_the_base_and_nobody_who_would_be_told_of_their_use(tmp_path: Path) -> None:
    new, old = (each.files for each in opened(tmp_path).bundles)
    assert b'src="/new/assets/main' in new["index.html"].plain
    assert b'src="/old/assets/main' in old["index.html"].plain
    script = new["assets/main-Abc_12-x.js"]
    assert script.plain == b"const base = '/new/'; fetch('data:,');" + b" " * 500
    assert script.size == len(script.plain) > len(script.body)


def test_what_is_no_text_is_left_alone(tmp_path: Path) -> None:
    picture = opened(tmp_path).bundles[0].files["picture.png"]
    assert (picture.body, picture.plain, picture.compressed) == (PICTURE, PICTURE, False)


def test_nothing_is_written_into_the_package(tmp_path: Path) -> None:
    folder = make_package(tmp_path)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    open_interface("toy", PAGES, folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert before[folder / "web/new/assets/main-Abc_12-x.js"] == SCRIPT


def test_types_do_not_depend_on_the_machine(tmp_path: Path) -> None:
    files = opened(tmp_path).bundles[0].files
    assert {name: file.media_type for name, file in files.items()} == {
        "index.html": "text/html; charset=utf-8",
        "assets/main-Abc_12-x.js": "text/javascript; charset=utf-8",
        "assets/style.css": "text/css; charset=utf-8",
        "logo.svg": "image/svg+xml",
        "picture.png": "image/png",
        "site.webmanifest": "application/manifest+json",
        "blob.unknown": "application/octet-stream",
    }


def test_only_a_name_with_a_hash_lasts(tmp_path: Path) -> None:
    files = opened(tmp_path).bundles[0].files
    assert [name for name, file in files.items() if file.lasting] == ["assets/main-Abc_12-x.js"]


def test_a_bundle_that_the_package_does_not_have_is_not_served(tmp_path: Path) -> None:
    served = open_interface("toy", PAGES, make_package(tmp_path, OLD))
    assert [each.bundle for each in served.bundles] == [OLD]


def test_files_may_be_links_but_other_folders_are_not_entered(tmp_path: Path) -> None:
    folder = make_package(tmp_path)
    linked, outside = folder / "web/new/linked.txt", tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("hush")
    (tmp_path / "cache.txt").write_text("kept once by an installer")
    linked.symlink_to(tmp_path / "cache.txt")
    (folder / "web/new/folder").symlink_to(outside)
    (folder / "web/new/gone.txt").symlink_to(tmp_path / "gone.txt")
    files = open_interface("toy", PAGES, folder).bundles[0].files
    assert set(files) == set(FILES) | {"linked.txt"}


def test_a_folder_without_pages_is_refused_with_what_would_be_right(tmp_path: Path) -> None:
    with pytest.raises(Problem) as refused:
        open_interface("toy", PAGES, tmp_path)
    assert str(refused.value) == (
        f"{tmp_path} is not the folder of a package toy_pages with web pages: it has no web/new/index.html or "
        "web/old/index.html. Give the folder that an installed one lies in, such as .../site-packages/toy_pages."
    )


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    folder = make_package(tmp_path, NEW)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(Problem, match=r"web pages in .* cannot be read: .*/web/new/.*: Permission denied\.$"):
        open_interface("toy", PAGES, folder)


def test_an_installed_package_is_found_and_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_package(tmp_path)
    monkeypatch.syspath_prepend(os.fspath(tmp_path))
    assert package_folder(PAGES) == folder
    assert PAGES.package not in sys.modules


def test_without_the_package_the_error_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A mere folder of the name is no package.
    (tmp_path / PAGES.package).mkdir()
    monkeypatch.syspath_prepend(os.fspath(tmp_path))
    with pytest.raises(Problem, match=r"No package toy_pages is installed .* isogloss\[toy_pages-ui\]"):
        package_folder(PAGES)


def test_nothing_is_opened_that_nobody_asked_for() -> None:
    assert open_interfaces(settings(), DIALECTS) == ()
