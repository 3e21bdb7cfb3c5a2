"""Commands of the command line, by noun. Each module puts its own among the others with ``add_to``."""
