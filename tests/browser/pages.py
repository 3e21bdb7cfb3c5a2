"""The pages of both bundles that show what is in the registry, and what a user looks for on each.

Ids in paths have the names under which the programs print them that write.
"""

from tests.browser.visits import Look, Step

KINDS = {
    "markdown": ("daily-report", ["Weather in Łódź", "It was weather in łódź."]),
    "table": ("temperatures", ["Measured at noon", "celsius", "Łódź", "21.5", "Reykjavík"]),
    "link": ("station-map", ["Map of stations"]),
    "progress": ("stations-read", ["Stations that answered", "Progress: 87"]),
    "image": ("radar-picture", ["Seen from above", "Image URL"]),
}
"""For each kind of artifact the key of one, and what its page shows besides that key."""
KEYS = [key for key, _ in KINDS.values()]
ARTIFACTS_OF_RUN = {
    "v1": [
        Step("Artifacts", ["daily-report", "station-map", "radar-picture"]),
        Step("Task runs", ["temperatures", "stations-read"]),
    ],
    "v2": [Step("Artifacts", KEYS)],
}
"""How a run's page is asked for the artifacts of the run and of its tasks."""
DASHBOARD = {
    "v1": "/dashboard",
    # Without a time, it ends with the last full minute, which nothing that was just written is in.
    "v2": "/dashboard?rangeType=range&start={yesterday}&end={tomorrow}",
}
PICTURE_SHOWN = "[...document.images].some(image => image.src.endsWith('radar.svg') && image.naturalWidth > 0)"
FOREIGN = {
    "zenml": ["numbers:1", "BuiltInContainerMaterializer", "storage_size"],
    "truefoundry": ["tree:1", "a tree", "producing run", "train"],
}
"""What is seen of the artifact that each of the other clients wrote."""
LIKENED = {
    "zenml artifact": "loose artifact",
    "truefoundry artifact": "markdown artifact",
    "truefoundry run": "flow run",
    "runs of others": "runs",
}
"""The pages of Prefect's own server that are most like them; of the artifacts, only the second has a run."""
TABLE_SHOWN = "[...document.querySelectorAll('td')].some(cell => cell.innerText.includes('written through'))"
BUNDLES = ("v1", "v2")


def looks(bundle: str) -> list[Look]:
    """The pages of a bundle, in the order in which a user might come by."""
    failing = ["unreliable-on-tuesday", "Failed", "the station burned down"]
    return [
        Look(bundle, "dashboard", DASHBOARD[bundle], ["Flow Runs", "unreliable", "Task Runs", "Active Work Pools"]),
        Look(bundle, "runs", "/runs", ["weather-in-lodz", "forecast-for-monday", *failing[:2], "1 Task run"]),
        Look(bundle, "flows", "/flows", ["3 Flows", "weather", "forecast-for-monday", "unreliable-on-tuesday"]),
        Look(
            bundle,
            "flow",
            "/flows/flow/{flow}",
            ["2 Flow runs", "weather-in-lodz", "weather-of-tomorrow", "Scheduled"],
            [Step("Deployments", ["nightly"])],
        ),
        Look(bundle, "deployments", "/deployments", ["1 Deployment", "nightly", "weather", "night"]),
        Look(
            bundle,
            "deployment",
            "/deployments/deployment/{deployment}",
            ["nightly", "Next Run", "weather-of-tomorrow", "Not Ready"],
            [Step("Description", ["Every night"])],
        ),
        Look(
            bundle,
            "flow run",
            "/runs/flow-run/{flow_run}",
            ["weather-in-lodz", "Completed", "the day begins", "one station did not answer"],
            [
                Step("Task Runs", ["measure-", "measured"]),
                Step("Subflow Runs", ["forecast-for-monday"]),
                *ARTIFACTS_OF_RUN[bundle],
            ],
        ),
        Look(bundle, "failed run", "/runs/flow-run/{failed_run}", failing),
        Look(
            bundle, "scheduled run", "/runs/flow-run/{scheduled_run}", ["weather-of-tomorrow", "Scheduled", "nightly"]
        ),
        Look(
            bundle,
            "task run",
            "/runs/task-run/{task_run}",
            ["measure-", "weather-in-lodz", "Completed", "measured", "one station did not answer"],
            [Step("Artifacts", ["temperatures", "stations-read"])],
        ),
        Look(bundle, "artifacts", "/artifacts", [*KEYS, "loose-note"]),
        Look(
            bundle,
            "versions",
            "/artifacts/key/daily-report",
            ["Weather in Łódź", "weather-in-lodz", "Created"],
        ),
        *(
            Look(
                bundle,
                f"{kind} artifact",
                f"/artifacts/artifact/{{{key}}}",
                [key, *seen, "weather-in-lodz"],
                holds=PICTURE_SHOWN if kind == "image" else None,
            )
            for kind, (key, seen) in KINDS.items()
        ),
        Look(bundle, "loose artifact", "/artifacts/artifact/{loose-note}", ["loose-note", "On its own"]),
    ]


def foreign_looks(bundle: str) -> list[Look]:
    """What other clients wrote: artifacts as pages of Markdown, and a run, which is among all others."""
    return [
        Look(
            bundle,
            f"{client} artifact",
            f"/artifacts/artifact/{{{client}}}",
            [*seen, "written through", client, "list and download"],
            holds=TABLE_SHOWN,
        )
        for client, seen in FOREIGN.items()
    ] + [
        Look(bundle, "truefoundry run", "/runs/flow-run/{truefoundry-run}", ["train", "FINISHED", "no flow"]),
        Look(bundle, "runs of others", "/runs", ["train", "no flow"]),
    ]
