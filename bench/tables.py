"""Tables for people: with aligned columns for a terminal, or as Markdown."""

Table = list[list[str]]


def aligned(table: Table) -> str:
    """The table for a terminal: the first column to the left, the others to the right."""
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in table
    )


def markdown(table: Table) -> str:
    """The table as Markdown."""
    rule = ["---", *("---:" for _ in table[0][1:])]
    return "\n".join(["| " + " | ".join(table[0]) + " |", f"|{'|'.join(rule)}|", *map(_line, table[1:])])


def number(value: float | None, digits: int, unit: str = "") -> str:
    """A figure with so many decimals, a dash where there is none."""
    return "-" if value is None else f"{value:,.{digits}f}{unit}"


def rate(value: float | None) -> str:
    """How often a second: with a decimal below a hundred."""
    return number(value, 0 if (value or 0) >= 100 else 1)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
