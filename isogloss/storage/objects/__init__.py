"""The port of bytes fulfilled: a directory of this machine, or a bucket of S3, Google Cloud or Azure."""

from isogloss.storage.objects.opening import open_objects

__all__ = ["open_objects"]
