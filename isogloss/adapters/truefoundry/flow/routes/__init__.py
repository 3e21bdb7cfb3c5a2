"""The operations of the MLflow-shaped family, by resource."""
