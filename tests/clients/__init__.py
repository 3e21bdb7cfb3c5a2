"""Programs that the vendors' own clients run, each in its own environment, against gateways of ours."""
