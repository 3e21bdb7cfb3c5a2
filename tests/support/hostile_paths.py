"""Paths by which somebody would reach a file that is not his, made by rule, and paths that only look odd."""

from itertools import product

# What leads up, as it is, encoded once, twice and wrongly, and by letters that some folding makes into dots.
ASCENTS = (
    "..",
    ".",
    "...",
    "%2e%2e",
    "%2E.",
    "%252e%252e",
    "%c0%ae%c0%ae",
    "%u002e%u002e",
    "\uff0e\uff0e",
    "\u2025",
    "\u2024\u2024",
    ".\u200b.",
    ".. ",
    " ..",
    "..;",
    "..\x00",
    "..%00",
    "..\n",
)
# What parts names, likewise.
SEPARATORS = (
    "/",
    "//",
    "/./",
    "\\",
    "%2f",
    "%252F",
    "%5c",
    "%c0%af",
    "\u2215",
    "\u2044",
    "\uff0f",
    "\uff3c",
)
FRAMES = ("{up}{to}{up}{to}x", "{up}{to}x", "a{to}{up}{to}x", "a{to}{up}", "{to}x", "a{to}", "{up}")
# Where absolute paths, addresses and other systems' names begin.
BEGINNINGS = (
    "",
    "/",
    "//",
    "///",
    "./",
    "~/",
    "~root/",
    "$HOME/",
    "C:",
    "C:/",
    "C:\\",
    "\\\\host\\",
    "file:///",
    "s3://b/",
)
CONTROLS = tuple(map(chr, [*range(0x20), 0x7F]))
ODDITIES = (
    "\ud800",
    "\udcff",
    "\udfff\ud800",
    "\ufffe",
    "\uffff",
    "a" * 256,
    "é" * 128,
    "a/" * 127 + "a/a",
    "a/" * 500 + "a",
)

HOSTILE = tuple(
    dict.fromkeys(
        [
            *(frame.format(up=up, to=to) for frame, up, to in product(FRAMES, ASCENTS, SEPARATORS)),
            *(beginning + rest for beginning, rest in product(BEGINNINGS, ("", "etc/passwd", "../x", "x/"))),
            *(frame.format(control) for frame, control in product(("{}", "a{}b", "a/{}", "{}/../x"), CONTROLS)),
            *(frame.format(odd) for frame, odd in product(("{}", "a{}b", "a/{}/b"), ODDITIES)),
        ]
    )
)

ORDINARY = (
    "a",
    "a b",
    " a ",
    "100%",
    "a%20b",
    "%2e%2e",
    "%2F",
    "a+b",
    "a=b&c;d",
    "x#1",
    "q?z",
    'it\'s "quoted"',
    "<a>|*:",
    "{b}[x]^`$~!@",
    ".hidden",
    "..a",
    "...",
    "a..",
    "a.",
    "-rf",
    "~",
    "a/C:",
    "12:30",
    "con",
    "größe/报告/🦀",
    "e\u0301/\u00e9",
    "\u202egpj.exe",
    "a\u00a0b\u2028c",
    "\uff0e\uff0e\uff0fa",
    "\u2215etc\u2215passwd",
    "a/" * 127 + "a",
    "a" * 255,
    "/".join(["a" * 223] * 4),
)
