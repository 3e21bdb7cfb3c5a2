"""The comparison for TrueFoundry's clients, put together."""

from bench.suite import Size, Suite
from bench.truefoundry.compare import compare
from bench.truefoundry.loads import loads
from bench.truefoundry.ours import OurTrueFoundry
from bench.truefoundry.real import RealMLflow

SUITE = Suite(
    vendor="truefoundry",
    title="MLflow",
    theirs=RealMLflow(),
    ours=OurTrueFoundry(),
    sizes=[Size(2_000, 10), Size(200_000, 400)],
    loads=loads,
    compare=compare,
)
