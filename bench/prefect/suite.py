"""The comparison with Prefect's server, put together."""

from bench.prefect.compare import compare
from bench.prefect.loads import loads
from bench.prefect.ours import OurPrefect
from bench.prefect.real import RealPrefect
from bench.suite import Suite

SUITE = Suite(vendor="prefect", theirs=RealPrefect(), ours=OurPrefect(), loads=loads, compare=compare)
