"""What only the comparison with ZenML's server needs: its rows, its server, its requests."""
