"""The bodies of signing in."""

from pydantic import BaseModel, Field

from isogloss.adapters.truefoundry.bodies.common import Text


class Grant(BaseModel):
    """What a client asks for a key with: the code of a device, or what it was given to ask for the next key."""

    grant_type: Text = Field(alias="grantType")
    device_code: Text | None = Field(default=None, alias="deviceCode")
    refresh_token: Text | None = Field(default=None, alias="refreshToken")
