package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const junit = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="5.1. Stream States" package="http2/5.1" id="5.1" tests="3" skipped="1" failures="0" errors="1">
    <testcase package="http2/5.1" classname="idle: Sends a DATA frame" time="0.0014"></testcase>
    <testcase package="http2/5.1" classname="closed: Sends a HEADERS frame" time="2.0"><error>GOAWAY Frame (Error Code: STREAM_CLOSED)
Connection closed
Timeout</error></testcase>
    <testcase package="http2/5.1" classname="another" time="0.0"><skipped></skipped></testcase>
  </testsuite>
</testsuites>`

func TestReportIsReadWithNumbersOfCases(t *testing.T) {
	cases, err := parseJUnit([]byte(junit))
	if err != nil {
		t.Fatal(err)
	}
	expected := []testCase{
		{"http2/5.1/1", "idle: Sends a DATA frame", ""},
		{"http2/5.1/2", "closed: Sends a HEADERS frame",
			"Timeout (expected: GOAWAY Frame (Error Code: STREAM_CLOSED) or Connection closed)"},
		{"http2/5.1/3", "another", "skipped"},
	}
	if len(cases) != len(expected) {
		t.Fatalf("%d cases (expected: %d)", len(cases), len(expected))
	}
	for i := range expected {
		if cases[i] != expected[i] {
			t.Errorf("%+v (expected: %+v)", cases[i], expected[i])
		}
	}
}

func TestReportWithoutCasesIsAnError(t *testing.T) {
	if _, err := parseJUnit([]byte("<testsuites></testsuites>")); err == nil {
		t.Error("no error")
	}
}

func TestOnlyUnexpectedResultsFail(t *testing.T) {
	cases := []testCase{{"a/1", "passes", ""}, {"a/2", "fails", "Timeout"}}
	for _, check := range []struct {
		listed         []string
		passed, failed int
	}{
		{nil, 1, 1},
		{[]string{"a/2"}, 2, 0},
		{[]string{"a/1", "a/2"}, 1, 1},
		{[]string{"a/2", "a/3"}, 2, 1}, // no such case
	} {
		expected := map[expectation]string{{"tls", "a/1"}: "of the other transport"}
		for _, id := range check.listed {
			expected[expectation{"clear", id}] = "a reason"
		}
		bench := &bench{ctx: context.Background()}
		bench.compare(transport{name: "clear"}, cases, expected)
		if bench.passed != check.passed || bench.failed != check.failed {
			t.Errorf("%q listed: %d passed, %d failed (expected: %d, %d)",
				check.listed, bench.passed, bench.failed, check.passed, check.failed)
		}
	}
}

func TestExpectedFailureNeedsAReason(t *testing.T) {
	file := filepath.Join(t.TempDir(), "expected.txt")
	if err := os.WriteFile(file, []byte("# a comment\n\ntls http2/5.1/2 a reason\nclear http2/5.1/3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := readExpected(file)
	if err == nil || !strings.Contains(err.Error(), `expected.txt:4: "clear http2/5.1/3" (expected: `) {
		t.Errorf("%v", err)
	}
}

func TestTheListItselfIsReadable(t *testing.T) {
	if _, err := readExpected(expectedFile); err != nil {
		t.Error(err)
	}
}
