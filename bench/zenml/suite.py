"""The comparison with ZenML's server, put together."""

from bench.suite import Size, Suite
from bench.zenml.compare import compare
from bench.zenml.loads import loads
from bench.zenml.ours import OurZenML
from bench.zenml.real import RealZenML

SUITE = Suite(
    vendor="zenml",
    title="ZenML",
    theirs=RealZenML(),
    ours=OurZenML(),
    # Ten versions of each artifact at both, so that they differ in nothing but how much there is.
    sizes=[Size(2_000, 200), Size(200_000, 20_000)],
    loads=loads,
    compare=compare,
)
