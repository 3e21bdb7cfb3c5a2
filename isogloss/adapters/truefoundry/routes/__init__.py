"""TrueFoundry's operations, by resource, for the families that share their shapes."""
