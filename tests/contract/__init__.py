"""The published contracts, and where we differ from them, held against running gateways."""
