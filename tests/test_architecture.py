"""The rooms of the house keep their doors: read from the source, whatever a run happens to import."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "isogloss"
DIALECTS = sorted(path.name for path in (PACKAGE / "adapters").iterdir() if (path / "__init__.py").is_file())
# Written in two halves, so that this file does not name what no file may name.
REGISTRIES = re.compile(
    "|".join(
        ["py" + r"pi\.(org|python\.org)", "python" + r"hosted\.org", "npm" + r"js\.(org|com)", "deb" + r"ian\.org"]
    ),
    re.IGNORECASE,
)


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, by their full names, wherever in the file it does so."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            # ``from package import module`` names a module, too.
            yield from (f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("__import__", "importlib.import_module"):
            first = node.args[0]
            yield str(first.value) if isinstance(first, ast.Constant) else "<computed>"


def files(room: str) -> list[Path]:
    """The source files of a room of the package."""
    found = sorted((PACKAGE / room).rglob("*.py"))
    assert found, room
    return found


def within(module: str, *names: str) -> bool:
    """Whether the module is one of those named, or lies in one."""
    return any(module == name or module.startswith(f"{name}.") for name in names)


@pytest.mark.parametrize("path", files("core"), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_core_imports_the_standard_library_and_msgspec_alone(path: Path) -> None:
    for module in imports(path):
        top = module.partition(".")[0]
        allowed = top in sys.stdlib_module_names or top == "msgspec" or within(module, "isogloss.core")
        assert allowed, f"{path.name} imports {module}"


def test_core_loads_nothing_else_when_it_runs() -> None:
    """What the source says, and what a run does, agree."""
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files("core")]
    whole = loaded_with([name.removesuffix(".__init__") for name in modules])
    assert whole - loaded_with(["msgspec", "msgspec.json", "msgspec.structs"]) - sys.stdlib_module_names == {"isogloss"}


def loaded_with(modules: list[str]) -> set[str]:
    """The packages that a new interpreter has loaded after it imported these modules."""
    program = (
        "import importlib, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "print(*{name.partition('.')[0] for name in sys.modules})\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


@pytest.mark.parametrize("dialect", DIALECTS)
def test_adapter_imports_no_other_adapter_and_no_storage(dialect: str) -> None:
    others = [f"isogloss.adapters.{other}" for other in DIALECTS if other != dialect]
    for path in files(f"adapters/{dialect}"):
        for module in imports(path):
            assert not within(module, "isogloss.storage", "isogloss.gateway", *others), f"{path} imports {module}"


def test_what_adapters_share_knows_none_of_them() -> None:
    for path in (PACKAGE / "adapters").glob("*.py"):
        for module in imports(path):
            assert not within(module, "isogloss.storage", "isogloss.gateway"), f"{path.name} imports {module}"
            assert not within(module, *(f"isogloss.adapters.{dialect}" for dialect in DIALECTS)), path.name


def test_storage_knows_the_core_alone() -> None:
    for path in files("storage"):
        for module in imports(path):
            assert not within(module, "isogloss.gateway", "isogloss.adapters"), f"{path} imports {module}"
            assert not within(module, "litestar", "starlette", "uvicorn", "pydantic"), f"{path} imports {module}"


def test_adapters_run_no_statements() -> None:
    for path in files("adapters"):
        for module in imports(path):
            assert not within(module, "sqlalchemy", "asyncpg", "aiosqlite", "sqlite3", "alembic"), f"{path}: {module}"


def test_no_file_names_a_package_registry() -> None:
    for path in project_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found = REGISTRIES.search(text)
        assert found is None, f"{path.relative_to(ROOT)} names a registry"


def test_pins_are_names_versions_and_hashes() -> None:
    line = re.compile(
        r"[a-z0-9][a-z0-9.-]*(\[[a-z,-]+\])?==[A-Za-z0-9.!+]+( ; [^\\]+)?( \\)?|    --hash=sha256:[0-9a-f]{64}( \\)?"
    )
    for name in ("constraints.txt", "constraints-test.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        odd = [each for each in text.splitlines() if not line.fullmatch(each)]
        assert odd == [], name
    served, tested = (pins(ROOT / name) for name in ("constraints.txt", "constraints-test.txt"))
    assert served.items() <= tested.items(), "the tests run on what the image installs"


def pins(path: Path) -> dict[str, str]:
    """The version of each package that a file pins."""
    return dict(re.findall(r"^([a-z0-9.-]+)(?:\[.*?\])?==([^ ]+)", path.read_text(encoding="utf-8"), re.MULTILINE))


def project_files() -> list[Path]:
    """The files of the checkout, but for those that git ignores."""
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]
    # A copy without git's folder, as CI makes one, has the project's files and what the tools left.
    skipped = re.compile(r"(^|/)(\.git|\.venv|\.hypothesis|\.[a-z_]+_cache|__pycache__|[a-z_]+\.egg-info)/")
    relative = [path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*") if path.is_file()]
    return [ROOT / name for name in relative if not skipped.search(name)]
