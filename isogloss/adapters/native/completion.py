"""The XML by which a client says that all parts of an upload are there, as S3 has it, and the answer to it."""

from xml.parsers import expat
from xml.sax.saxutils import escape

from isogloss.adapters.native.failures import Refusal
from isogloss.core.registry.multipart import Part

_ROOT = "CompleteMultipartUpload"
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_MOST_DIGITS = 9


class _Reader:
    """Takes the elements of the document as they come; what it does not know, such as checksums, passes."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self._path: list[str] = []
        self._part: dict[str, str] = {}
        self._text: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name.rpartition(":")[2])
        self._text = []
        if self._path[:1] != [_ROOT]:
            raise Refusal(400, f"The body must be a {_ROOT}, this is a {self._path[0]}.")
        if self._path == [_ROOT, "Part"]:
            self._part = {}

    def text(self, text: str) -> None:
        self._text.append(text)

    def end(self, name: str) -> None:
        match self._path:
            case [_, "Part"]:
                self.parts.append(_part(self._part, len(self.parts) + 1))
            case [_, "Part", member]:
                self._part[member] = "".join(self._text).strip()
        self._path.pop()


def read_parts(body: bytes) -> list[Part]:
    """The parts that a body tells of, in its order. Raises ``Refusal``."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = reader.start
    parser.CharacterDataHandler = reader.text
    parser.EndElementHandler = reader.end
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise Refusal(400, f"The body is not the XML of a {_ROOT}: {error}.") from None
    return reader.parts


def completed(key: str, tag: str) -> bytes:
    """The answer to a client whose parts have been put together."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<CompleteMultipartUploadResult xmlns="{_NAMESPACE}">'
        f"<Key>{escape(key)}</Key><ETag>&quot;{escape(tag)}&quot;</ETag></CompleteMultipartUploadResult>"
    ).encode()


def _refuse_doctype(name: str, system: str | None, public: str | None, internal: bool) -> None:
    # Entities are declared there, a few of which can stand for gigabytes, or for a file of ours.
    raise Refusal(400, "The body must have no document type declaration.")


def _part(members: dict[str, str], place: int) -> Part:
    number = members.get("PartNumber", "")
    if not number.isascii() or not number.isdigit() or len(number) > _MOST_DIGITS:
        raise Refusal(400, f"PartNumber of the part at place {place} must be a number, this is {number!r}.")
    return Part(int(number), members.get("ETag", "").strip('"') or None)
