"""Uris by which somebody might try to have the server read or remove what is none of his, and what waits there."""

from pathlib import Path


def hostile(root: str) -> list[str]:
    """Uris that lead, or might be thought to lead, out of the place at the root."""
    path = root.removeprefix("s3://").rstrip("/")
    bare = path if path.startswith("/") else f"/{path}"
    return [
        "/etc/passwd",
        "/root-evil",
        "//etc/passwd",
        "file:///etc/passwd",
        "file://localhost/etc/passwd",
        "etc/passwd",
        "../../../etc/passwd",
        "",
        " ",
        "/",
        ".",
        "..",
        "~",
        "~root/.ssh/id_rsa",
        "$HOME/secret",
        "s3://other-bucket/shared/secret",
        "s3://other-bucket/pre fix/shared/secret",
        "gs://bucket/secret",
        "az://container/secret",
        "http://127.0.0.1:1/latest/meta-data",
        "https://169.254.169.254/latest/meta-data",
        "\\\\host\\share\\secret",
        "C:\\secret",
        root,
        root.rstrip("/"),
        f"{root}..",
        f"{root}../owned/secret",
        f"{root}../shared/secret",
        f"{root}../../isogloss.db",
        f"{root}a/../../owned/secret",
        f"{root}a/../secret",
        f"{root}./secret",
        f"{root}a/./secret",
        f"{root}a/..",
        f"{root}/../owned/secret",
        f"{root}/..//../secret",
        f"{root}..%2fowned/secret",
        f"{root}%2e%2e/owned/secret",
        f"{root}..\\owned\\secret",
        f"{root.rstrip('/')}-evil/secret",
        f"{root.rstrip('/')}/../shared-evil/secret",
        f"{root.rstrip('/')}%2f..%2fsecret",
        f"{root.upper()}secret",
        f" {root}secret",
        f"x{root}secret",
        f"{bare}-evil/secret",
        f"file://{bare}/secret",
        f"{root}a/secret\n",
        f"{root}a\r\n/secret",
        f"{root}\x7f/secret",
        f"{root}secret/../../owned/secret",
        f"{root}{'../' * 40}etc/passwd",
        f"{root}...//...//etc/passwd",
        f"{root}link/secret",
        f"{root}linked-file",
        f"{root}loop/loop/loop",
    ]


def lay_traps(shared: Path, outside: Path) -> None:
    """Links out of the place and round in it, and secrets beside it."""
    (outside / "evil").mkdir()
    (outside / "evil" / "secret").write_text("secret")
    (shared.parent / "shared-evil").mkdir()
    (shared.parent / "shared-evil" / "secret").write_text("secret")
    (shared / "link").symlink_to(outside / "evil")
    (shared / "linked-file").symlink_to(outside / "evil" / "secret")
    (shared / "loop").symlink_to(shared)


def secrets_left(shared: Path, outside: Path) -> bool:
    """Whether all that the traps guard is still there."""
    guarded = (outside / "evil" / "secret", shared.parent / "shared-evil" / "secret")
    return all(path.read_text() == "secret" for path in guarded)
