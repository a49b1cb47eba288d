# SPDX-License-Identifier: Apache-2.0
import pytest

from harness import results

GOOD = '<testsuite><testcase name="a" classname="a" status="run"/><testcase name="b" classname="t"/></testsuite>'
FAILED = ('<testsuite><testcase name="c" classname="c" status="fail"><failure message=""/></testcase></testsuite>')
ERROR = '<testsuites><testsuite><testcase name="e" classname="t"><error message="setup"/></testcase></testsuite></testsuites>'
SKIPPED = '<testsuite><testcase name="d" classname="t"><skipped message="no server"/></testcase></testsuite>'
DISABLED = '<testsuite><testcase name="d" classname="d" status="disabled"/></testsuite>'
NOT_BUILT = ('<testsuite><testcase name="n" classname="n" status="notrun">'
             '<skipped message="Unable to find executable"/></testcase></testsuite>')
EMPTY = '<testsuite tests="0"/>'


@pytest.mark.parametrize("files, arguments, status, said", [
    ([GOOD, GOOD], [], 0, ["4 passed, 0 failed"]),
    ([GOOD, FAILED], [], 1, ["FAILED c", "2 passed, 1 failed"]),
    ([GOOD, ERROR], [], 1, ["FAILED t.e", "2 passed, 1 failed"]),
    ([GOOD, NOT_BUILT], [], 1, ["FAILED n: Unable to find executable", "2 passed, 1 failed"]),
    ([GOOD, SKIPPED], [], 0, ["SKIPPED t.d: no server", "1 tests were skipped", "2 passed, 0 failed"]),
    ([GOOD, DISABLED], ["--no-skips"], 1, ["SKIPPED d: disabled", "1 tests were skipped, which counts as failed here",
                                           "2 passed, 1 failed"]),
    ([GOOD, SKIPPED], ["--no-skips"], 1, ["SKIPPED t.d: no server", "1 tests were skipped, which counts as failed here",
                                          "2 passed, 1 failed"]),
    ([], [], 1, ["0 passed, 0 failed"]),
    ([GOOD], ["--name=conformance"], 0, ["conformance: 2 passed, 0 failed"]),
])
def test_sum(files, arguments, status, said, tmp_path, capsys):
    paths = []
    for number, text in enumerate(files):
        path = tmp_path / f"{number}.xml"
        path.write_text(text)
        paths.append(str(path))
    assert results.main([*arguments, *paths]) == status
    assert capsys.readouterr().out.splitlines() == said


def test_missing_empty_and_broken_reports_are_failures(tmp_path, capsys):
    (tmp_path / "empty.xml").write_text(EMPTY)
    (tmp_path / "broken.xml").write_text("<testsuite")
    (tmp_path / "good.xml").write_text(GOOD)
    names = ["missing.xml", "empty.xml", "broken.xml", "good.xml"]
    assert results.main([str(tmp_path / name) for name in names]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "2 passed, 3 failed"
    assert "missing.xml: its tests ended without a report" in said[0]
