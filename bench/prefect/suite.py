"""The comparison with Prefect's server, put together."""

from bench.prefect.compare import compare
from bench.prefect.loads import loads
from bench.prefect.ours import OurPrefect
from bench.prefect.real import RealPrefect
from bench.suite import Size, Suite

SUITE = Suite(
    vendor="prefect",
    title="Prefect",
    theirs=RealPrefect(),
    ours=OurPrefect(),
    sizes=[Size(2_000, 1_000), Size(200_000, 20_000)],
    loads=loads,
    compare=compare,
)
