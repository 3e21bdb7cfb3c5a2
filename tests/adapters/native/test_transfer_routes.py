"""Bytes by permit over HTTP: written, read whole and in ranges, refused."""

import base64
import hashlib
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from isogloss.adapters.transfers import PATH, links
from isogloss.core.access import ANYBODY
from isogloss.core.model import Stage
from isogloss.core.ports import Files
from isogloss.core.registry import Registry
from isogloss.core.registry.transfers import LIFETIME_SECONDS, issue_reads, issue_writes
from tests.adapters.native.serving import Answer, Served
from tests.support.registries import Clock
from tests.support.stages import apply_stage, file_key, make_stage, owner_of

CONTENT = bytes(range(256)) * 3
LARGE = bytes(1024) * 3000
"""More than two chunks."""

link = links("")


def files(registry: Registry) -> Files:
    assert registry.files is not None
    return registry.files


async def to_write(registry: Registry, stage: Stage, path: str = "model.bin") -> str:
    [address] = await issue_writes(registry, ANYBODY, [file_key(stage, path)], owner_of(stage), link)
    return address


async def to_read(registry: Registry, key: str) -> str:
    [address] = await issue_reads(registry, ANYBODY, [key], link)
    return address


async def written(registry: Registry, content: bytes = CONTENT, name: str = "model.bin") -> str:
    """The address to read an object that was written behind everybody's back."""
    key = f"owned/project/owner/files/{name}"
    await files(registry).objects.write(key, content)
    return await to_read(registry, key)


async def all_keys(registry: Registry) -> list[str]:
    return [each.key async for page in files(registry).objects.list("owned") for each in page]


@pytest.fixture
def serves(registry: Registry) -> Served:
    return Served(registry)


def test_an_address_is_the_gateways_with_the_permit_in_its_query() -> None:
    assert links("https://registry.example/")("a.b") == f"https://registry.example{PATH}?permit=a.b"


@pytest.mark.parametrize("pieces", [[CONTENT], [CONTENT[:1], b"", CONTENT[1:]], [b""], [], [LARGE, LARGE, b"end"]])
async def test_what_is_put_is_got(registry: Registry, serves: Served, pieces: list[bytes]) -> None:
    stage = await make_stage(registry)
    put = await serves("PUT", await to_write(registry, stage), pieces, {"x-ms-blob-type": "BlockBlob"})
    assert (put.status, put.body, put.headers["content-length"]) == (200, b"", "0")
    got = await serves("GET", await to_read(registry, file_key(stage)))
    assert (got.status, got.body) == (200, b"".join(pieces))
    assert got.headers["etag"] == put.headers["etag"]
    assert put.headers["etag"].startswith('"')


async def test_an_object_is_told_of_as_bytes_to_be_kept(registry: Registry, serves: Served) -> None:
    address = await written(registry, name='a "page" ü.html')
    for method, body in (("GET", CONTENT), ("HEAD", b"")):
        answer = await serves(method, address)
        assert (answer.status, answer.body) == (200, body)
        assert {name: value for name, value in answer.headers.items() if name not in ("etag", "last-modified")} == {
            "accept-ranges": "bytes",
            "cache-control": "private",
            "content-type": "application/octet-stream",
            "content-length": str(len(CONTENT)),
            "content-disposition": (
                "attachment; filename=\"a _page_ _.html\"; filename*=UTF-8''a%20%22page%22%20%C3%BC.html"
            ),
            "x-content-type-options": "nosniff",
        }
        assert answer.headers["last-modified"].endswith(" GMT")


@given(st.binary(max_size=40), st.integers(min_value=0, max_value=50), st.integers(min_value=0, max_value=50))
@example(b"", 0, 0)
async def test_a_range_is_the_slice(registry: Registry, content: bytes, first: int, more: int) -> None:
    last = first + more
    answer = await Served(registry)("GET", await written(registry, content), headers={"range": f"bytes={first}-{last}"})
    expected = content[first : last + 1]
    if expected:
        told = f"bytes {first}-{first + len(expected) - 1}/{len(content)}"
        assert (answer.status, answer.body, answer.headers["content-range"]) == (206, expected, told)
        assert answer.headers["content-length"] == str(len(expected))
    else:
        assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{len(content)}")
        assert f"has {len(content)} bytes" in answer.detail


async def test_several_ranges_are_answered_with_the_whole(registry: Registry, serves: Served) -> None:
    answer = await serves("GET", await written(registry), headers={"range": "bytes=0-1,5-6"})
    assert (answer.status, answer.body) == (200, CONTENT)


async def test_a_range_is_of_what_the_client_has_or_of_nothing(registry: Registry, serves: Served) -> None:
    address = await written(registry)
    known = (await serves("HEAD", address)).headers
    for if_range, status in ((known["etag"], 206), (known["last-modified"], 206), ('"other"', 200)):
        answer = await serves("GET", address, headers={"range": "bytes=2-3", "if-range": if_range})
        assert (answer.status, answer.body) == (status, CONTENT[2:4] if status == 206 else CONTENT)
    assert (await serves("HEAD", address, headers={"range": "bytes=2-3"})).status == 200


async def test_what_the_client_has_is_not_sent_again(registry: Registry, serves: Served) -> None:
    address = await written(registry)
    tag = (await serves("HEAD", address)).headers["etag"]
    for method in ("GET", "HEAD"):
        answer = await serves(method, address, headers={"if-none-match": f'"other", {tag}', "range": "bytes=900-"})
        assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", tag)
        assert "content-length" not in answer.headers
    assert (await serves("GET", address, headers={"if-none-match": '"other"'})).status == 200


async def test_what_changed_is_not_sent_to_one_who_wants_the_old(registry: Registry, serves: Served) -> None:
    address = await written(registry)
    tag = (await serves("HEAD", address)).headers["etag"]
    assert (await serves("GET", address, headers={"if-match": tag})).body == CONTENT
    await written(registry, b"changed")
    answer = await serves("GET", address, headers={"if-match": tag})
    assert answer.status == 412
    assert "If-Match" in answer.detail


async def test_an_object_that_is_not_there_is_not_found(registry: Registry, serves: Served) -> None:
    address = await to_read(registry, "owned/project/owner/files/none")
    assert "not there" in (await serves("GET", address)).detail
    assert (await serves("HEAD", address)).status == 404


@pytest.mark.parametrize("leaves_after", [[], [CONTENT], [LARGE, CONTENT]])
async def test_a_body_that_breaks_off_keeps_nothing(
    registry: Registry, serves: Served, leaves_after: list[bytes]
) -> None:
    stage = await make_stage(registry)
    answer = await serves("PUT", await to_write(registry, stage), leaves_after, leaves=True)
    assert answer.status == 400
    assert "ended before its end" in answer.detail
    assert await all_keys(registry) == []


async def test_a_broken_body_leaves_what_was_there(registry: Registry, serves: Served) -> None:
    stage = await make_stage(registry)
    address = await to_write(registry, stage)
    await serves("PUT", address, [CONTENT])
    await serves("PUT", address, [LARGE], leaves=True)
    assert (await serves("GET", await to_read(registry, file_key(stage)))).body == CONTENT


@pytest.mark.parametrize(
    ("header", "algorithm", "form"),
    [
        ("content-md5", "md5", "{}"),
        ("content-digest", "sha256", "sha-256=:{}:"),
        ("repr-digest", "sha512", "sha-512=:{}:"),
    ],
)
async def test_a_digest_is_verified(registry: Registry, serves: Served, header: str, algorithm: str, form: str) -> None:
    stage = await make_stage(registry)
    address = await to_write(registry, stage)
    told = form.format(base64.b64encode(hashlib.new(algorithm, CONTENT).digest()).decode())
    wrong = await serves("PUT", address, [CONTENT[1:]], {header: told})
    assert wrong.status == 400
    assert "Nothing was kept" in wrong.detail
    assert await all_keys(registry) == []
    assert (await serves("PUT", address, [CONTENT], {header: told})).status == 200
    assert (await serves("PUT", address, [CONTENT], {header: "no digest"})).status == 400


async def test_no_body_is_received_of_who_may_not_write(registry: Registry, serves: Served) -> None:
    stage = await make_stage(registry)
    address = await to_write(registry, stage)
    await apply_stage(registry, stage)
    answer = await serves("PUT", address, [CONTENT] * 10)
    assert (answer.status, serves.received) == (403, 0)


def refused(answer: Answer) -> str:
    assert answer.status == 403
    assert answer.headers["cache-control"] == "no-store"
    assert "owned" not in answer.detail
    return answer.detail


@pytest.mark.parametrize(
    "alter",
    [
        lambda address: address.partition("?")[0],
        lambda address: f"{address.partition('=')[0]}=",
        lambda address: address[:-1] + ("A" if address[-1] != "A" else "B"),
        lambda address: address.replace("permit=", "permit=A"),
        lambda address: address.replace("permit=", "Permit="),
        lambda address: f"{address}&permit=x.y",
        lambda address: f"{address}%00",
        lambda address: f"{address}%FF",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST"])
async def test_altered_addresses_are_refused(
    registry: Registry, serves: Served, method: str, alter: Callable[[str], str]
) -> None:
    answer = await serves(method, alter(await written(registry)), [b"x"] if method in ("PUT", "POST") else [])
    assert answer.status in (400, 403)
    assert CONTENT not in answer.body


async def test_an_address_is_for_one_thing_only(registry: Registry, serves: Served) -> None:
    stage = await make_stage(registry)
    writing, reading = await to_write(registry, stage), await written(registry)
    for method in ("GET", "HEAD", "POST"):
        assert (await serves(method, writing)).status == 403
    assert "to read, not to write" in refused(await serves("PUT", reading, [b"x"]))
    assert "to read, not to finish" in refused(await serves("POST", reading, [b"x"]))


async def test_an_expired_address_says_nothing_of_what_is_there(registry: Registry, serves: Served) -> None:
    there, absent = await written(registry), await to_read(registry, "owned/project/owner/files/none")
    assert isinstance(registry.clock, Clock)
    registry.clock.advance(LIFETIME_SECONDS * 1_000_000)
    assert refused(await serves("GET", there)) == refused(await serves("GET", absent))


async def test_an_address_of_another_registry_is_refused(registry: Registry, serves: Served) -> None:
    key = "owned/project/owner/files/model.bin"
    await files(registry).objects.write(key, CONTENT)
    other = replace(registry, signing_secret="another")
    assert "not one of this server's" in refused(await serves("GET", await to_read(other, key)))


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "OPTIONS"])
async def test_other_methods_are_not_served(registry: Registry, serves: Served, method: str) -> None:
    assert (await serves(method, await written(registry))).status == 405


async def test_a_key_that_stands_above_another_is_a_conflict(registry: Registry, serves: Served) -> None:
    stage = await make_stage(registry)
    assert (await serves("PUT", await to_write(registry, stage, "a/b"), [b"x"])).status == 200
    assert (await serves("PUT", await to_write(registry, stage, "a"), [b"x"])).status == 409
