"""What ``isogloss import`` tells of what it did."""

from isogloss.core.registry.incoming import NAMED_AT_MOST, LeftOut, Report
from isogloss.gateway.commands.imports import report_lines


def test_each_noun_has_a_line_of_its_own() -> None:
    report = Report()
    report.seen["flows"], report.added["flows"], report.changed["flows"] = 12, 3, 1
    report.seen["runs"] = 2
    assert [line.split() for line in report_lines(report)] == [
        ["flows", "12", "read", "3", "added", "1", "changed"],
        ["runs", "2", "read", "0", "added", "0", "changed"],
    ]


def test_what_was_left_out_is_counted_and_the_first_of_it_named() -> None:
    report = Report()
    report.seen["flows"] = NAMED_AT_MOST + 2
    report.leave_out("flows", [LeftOut(f"flow {number}", "it cannot be read") for number in range(NAMED_AT_MOST + 2)])
    line, first, *_, last = report_lines(report)
    assert line.endswith(f"{NAMED_AT_MOST + 2} left out")
    assert first == "left out of the flows: flow 0: it cannot be read"
    assert last == "left out of the flows: 2 more"


def test_notes_come_last() -> None:
    report = Report()
    report.seen["tags"] = 1
    report.note("The tag 'gold' was here already and keeps its own id.")
    assert report_lines(report)[-1] == "note: The tag 'gold' was here already and keeps its own id."


def test_of_a_source_without_anything_that_is_said() -> None:
    assert report_lines(Report()) == ["The source holds nothing."]
