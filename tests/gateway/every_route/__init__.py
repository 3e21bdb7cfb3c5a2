"""What is expected of every route of every dialect."""
