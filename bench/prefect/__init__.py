"""What only the comparison with Prefect's server needs: its rows, its server, its requests."""
