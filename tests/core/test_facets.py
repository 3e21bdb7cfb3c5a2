"""Each dialect has its own member of a facet."""

import json

from isogloss.core.facets import part_of, with_part


def test_a_dialect_reads_and_changes_its_own_part_alone() -> None:
    one = with_part(None, "zenml", '{"avatar":null}')
    both = with_part(one, "prefect", "[1]")
    changed = with_part(both, "zenml", '{"avatar":"x"}')
    assert json.loads(changed) == {"zenml": {"avatar": "x"}, "prefect": [1]}
    assert part_of(changed, "prefect") == "[1]"
    assert part_of(both, "zenml") == '{"avatar":null}'
    assert part_of(both, "truefoundry") is None
    assert part_of(None, "zenml") is None
