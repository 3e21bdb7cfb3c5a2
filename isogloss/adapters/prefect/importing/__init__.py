"""What a real Prefect server holds, read over its API and told as rows of the registry."""
