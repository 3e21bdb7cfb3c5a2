"""Downloads through the whole gateway, where everybody else has to say who they are."""

import io
import tarfile

from isogloss.core.access import Role
from isogloss.core.registry import Registry
from tests.adapters.zenml.account_asking import Asker, asked
from tests.adapters.zenml.shelf import shelf_over
from tests.support.accounts import add_user


async def test_a_browser_downloads_with_a_token_alone(registry: Registry) -> None:
    await add_user(registry, "ana", Role.VIEWER, password="secret of ana")
    shelf = await shelf_over(registry)
    version = await shelf.version(await shelf.put("folder/data.json", b'"1"'))
    path = f"/artifact_versions/{version['id']}"
    async with asked(registry) as nobody:
        ana = await nobody.signed_in(username="ana", password="secret of ana")
        assert await nobody.refused("GET", f"{path}/download-token") == (401, "CredentialsNotValid")
        assert await nobody.refused("GET", f"{path}/visualize") == (401, "CredentialsNotValid")
        assert await nobody.refused("GET", f"{path}/data") == (422, "ValueError")
        assert await nobody.refused("GET", f"{path}/data?token=x") == (401, "CredentialsNotValid")

        token = await ana.done("GET", f"{path}/download-token")
        # It opens nothing but this one door.
        assert await Asker(nobody.http, token).refused("GET", path) == (401, "CredentialsNotValid")
        answer = await nobody.ask("GET", f"{path}/data?token={token}", accept_encoding="gzip")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/gzip"
    assert "content-encoding" not in answer.headers
    with tarfile.open(fileobj=io.BytesIO(answer.content), mode="r:gz") as tar:
        assert tar.getnames() == ["data.json"]
