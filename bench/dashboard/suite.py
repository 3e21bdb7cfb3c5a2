"""The comparison of dashboards, put together."""

from bench.dashboard.compare import compare
from bench.dashboard.loads import loads
from bench.dashboard.ours import OurDashboard
from bench.dashboard.real import RealDashboard
from bench.suite import Size, Suite

SUITE = Suite(
    vendor="dashboard",
    title="Prefect",
    theirs=RealDashboard(),
    ours=OurDashboard(),
    sizes=[Size(2_000, 1_000), Size(200_000, 20_000)],
    loads=loads,
    compare=compare,
)
