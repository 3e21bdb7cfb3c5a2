"""What others wrote, as ZenML's client loads it: values in files, and what reads them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isogloss.adapters.zenml.renditions import DATA, kind_in, rendition, shown_files, type_of

BUILT_IN = "zenml.materializers.built_in_materializer"
FORMS = ["markdown", "table", "link", "image", "progress", "result", "anything", None]

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=8
)
data = st.one_of(values.map(json.dumps), values.map(lambda value: json.dumps(json.dumps(value))))


def loaded(form: str | None, data: str | None) -> tuple[Any, str, str]:
    """The value, the class that reads it and the type, as the client sees them."""
    made = rendition(form, data)
    assert made.loader is not None
    assert made.data_type is not None
    loader, data_type = json.loads(made.loader), json.loads(made.data_type)
    assert (loader["module"], loader["type"]) == (BUILT_IN, "internal")
    assert (data_type["module"], data_type["type"]) == ("builtins", "builtin")
    return json.loads(made.files[DATA]), loader["attribute"], data_type["attribute"]


@pytest.mark.parametrize(
    ("form", "data", "value", "kind"),
    [
        ("markdown", '"# T\\n"', "# T\n", "str"),
        ("table", '"[{\\"a\\": 1}]"', [{"a": 1}], "list"),
        ("table", '"broken"', "broken", "str"),
        ("progress", "87.0", 87.0, "float"),
        ("progress", "87", 87, "int"),
        ("progress", "1e3", 1000.0, "float"),
        ("link", '"[a](https://example.org)"', "https://example.org", "str"),
        ("image", '"https://example.org/a.png"', "https://example.org/a.png", "str"),
        ("result", '{"a":null}', {"a": None}, "dict"),
        (None, "true", True, "bool"),
        ("markdown", "null", None, "NoneType"),
        ("markdown", None, None, "NoneType"),
    ],
)
def test_inline_data_is_loaded_as_what_it_stands_for(form: str, data: str | None, value: object, kind: str) -> None:
    reader = "BuiltInContainerMaterializer" if kind in ("dict", "list") else "BuiltInMaterializer"
    assert loaded(form, data) == (value, reader, kind)


def test_files_show_data_by_its_form() -> None:
    table = rendition("table", '"[{\\"a\\": 1}, {\\"b\\": 2}]"')
    assert table.files["table.csv"] == b"a,b\n1,\n,2\n"
    assert rendition("markdown", '"# T"').files["output.md"] == b"# T"
    assert rendition("link", '"[a](https://example.org)"').files["link.md"] == b"[a](https://example.org)"
    assert rendition("image", '"https://example.org/a"').files["image.md"] == b"![](https://example.org/a)"
    assert shown_files("table", "list") == (("csv", "table.csv"), ("json", DATA))
    assert shown_files("table", "str") == shown_files(None, "dict") == (("json", DATA),)


@given(form=st.sampled_from(FORMS), data=st.none() | data)
def test_all_data_is_loaded_and_shown_whatever_its_form(form: str | None, data: str | None) -> None:
    made = rendition(form, data)
    value, _, kind = loaded(form, data)
    assert type(value).__name__ == kind
    assert kind_in(made.data_type) == kind
    assert set(made.files) == {DATA, *(name for _, name in shown_files(form, kind))}
    for content in made.files.values():
        content.decode()


@given(value=values)
def test_the_type_of_a_text_is_that_of_its_value(value: object) -> None:
    assert type_of(json.dumps(value)) == type(value).__name__
