"""What a real ZenML server holds, read over its API and told as rows of the registry."""
