"""Side-by-side measurements of Isogloss and the servers whose clients it takes over.

``python -m bench VENDOR`` installs the real server in an environment of its own, gives both servers the same
rows, drives them in turn with the same load generator, and prints and saves the medians and their ratios.

What is the same for every vendor lies here: `machine` and `servers` (processes), `environments` (installing
the real server), `postgres` (a private cluster), `rows` (names and times of seeded rows), `wire` and `loadgen`
(the load), `measure` (one measurement), `differences` (whether both answer alike), `suite` (a whole run),
`figures` and `report` (what comes out), `ours`, `memory` and `bulk` (our own server and its rows). A package for
each vendor, such as `bench.prefect`, holds its rows, its server and its requests.
"""
