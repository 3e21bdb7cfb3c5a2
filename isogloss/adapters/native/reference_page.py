"""The page that shows the published description to people: whole by itself, without scripts or other addresses."""

import html
from typing import Any

import msgspec

from isogloss.adapters.native.document import Document, operations_of

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} API</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
details {{ border: 1px solid #ccc; border-radius: 4px; margin: .4rem 0; padding: .4rem .8rem; }}
summary {{ cursor: pointer; }}
code, pre {{ font: 14px/1.5 ui-monospace, monospace; }}
pre {{ background: #f3f3f3; color: #111; padding: .8rem; overflow-x: auto; }}
table {{ border-collapse: collapse; }}
td, th {{ border-bottom: 1px solid #ddd; padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top; }}
.method {{ display: inline-block; min-width: 4rem; font-weight: 600; }}
</style>
</head>
<body>
<h1>{title} API</h1>
<p>{description}</p>
<p>All addresses begin with <code>{root}</code>. The description for programs is at
<a href="openapi.json">openapi.json</a>.</p>
{operations}
<h2>Shapes</h2>
{shapes}
</body>
</html>
"""


def make_page(document: Document) -> str:
    """The page of a document."""
    groups: dict[str, list[str]] = {}
    for method, path, operation in operations_of(document):
        groups.setdefault(operation["tags"][0], []).append(_operation(method, path, operation))
    sections = [f"<h2>{html.escape(name)}</h2>\n" + "\n".join(shown) for name, shown in groups.items()]
    shapes = [_shape(name, schema) for name, schema in document["components"]["schemas"].items()]
    return _PAGE.format(
        title=html.escape(document["info"]["title"]),
        description=_prose(document["info"]["description"]),
        root=html.escape(document["servers"][0]["url"]),
        operations="\n".join(sections),
        shapes="\n".join(shapes),
    )


def _operation(method: str, path: str, operation: Document) -> str:
    rows = "\n".join(_parameter(each) for each in operation["parameters"])
    parts = [f"<table><tr><th>parameter</th><th>in</th><th></th></tr>\n{rows}</table>"] if rows else []
    if "requestBody" in operation:
        parts.append(f"<p>Body: {_content(operation['requestBody']['content'])}</p>")
    for status, answer in operation["responses"].items():
        told = _content(answer["content"]) if "content" in answer else ""
        parts.append(f"<p><code>{html.escape(status)}</code> {_prose(answer['description'])} {told}</p>")
    return (
        f'<details id="{html.escape(operation["operationId"])}"><summary><span class="method">{method}</span> '
        f"<code>{html.escape(path)}</code> {html.escape(operation['summary'])}</summary>\n"
        + "\n".join(parts)
        + "\n</details>"
    )


def _parameter(parameter: Document) -> str:
    schema = parameter["schema"]
    facts = [html.escape(f"{name}: {schema[name]}") for name in ("minimum", "maximum", "default") if name in schema]
    facts += ["required"] if parameter["required"] else []
    told = f" ({', '.join(facts)})" if facts else ""
    name, within = html.escape(parameter["name"]), html.escape(parameter["in"])
    return f"<tr><td><code>{name}</code></td><td>{within}</td><td>{_prose(parameter['description'])}{told}</td></tr>"


def _content(content: Document) -> str:
    """The shape of a body, which links to its description; bytes have none."""
    reference = next(iter(content.values()))["schema"].get("$ref")
    if reference is None:
        return f"<code>{html.escape(next(iter(content)))}</code>"
    name = html.escape(str(reference).rpartition("/")[2])
    return f'<a href="#shape-{name}"><code>{name}</code></a>'


def _shape(name: str, schema: dict[str, Any]) -> str:
    text = msgspec.json.format(msgspec.json.encode(schema), indent=2).decode()
    shown = html.escape(name)
    return (
        f'<details id="shape-{shown}"><summary><code>{shown}</code></summary>\n<pre>{html.escape(text)}</pre></details>'
    )


def _prose(text: str) -> str:
    """Text in which what stands between backquotes is code."""
    parts = html.escape(text).split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))
