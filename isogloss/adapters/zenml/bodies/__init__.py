"""What ZenML's clients send, as pydantic models: its server has such models, so what is coerced is equal."""
