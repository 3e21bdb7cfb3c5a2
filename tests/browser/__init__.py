"""Prefect's own pages in a real browser: served by a gateway, and beside them by Prefect's own server."""
