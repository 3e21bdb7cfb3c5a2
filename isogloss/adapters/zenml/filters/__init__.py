"""ZenML's filter language, and which fields each list knows."""
