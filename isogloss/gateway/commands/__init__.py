"""Commands by their noun. Each module adds its own to the command line."""
