"""One view of the dashboard that Prefect's pages have, in both of their bundles, beside Prefect's server."""
