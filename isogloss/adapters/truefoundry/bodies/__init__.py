"""The bodies of TrueFoundry's requests, as pydantic models."""
