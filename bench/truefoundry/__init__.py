"""What only the comparison for TrueFoundry's clients needs: its rows, the servers, their requests, and files.

TrueFoundry's own server cannot be had, so ours is measured beside MLflow's, from which its clients descend: a versioned
registry with runs, the only one with the same work that anybody can run.
"""
