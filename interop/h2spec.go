package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const expectedFile = "h2spec-expected.txt"

// runH2spec checks the gateway in front of a small server that reads each request to its end.
func (b *bench) runH2spec(withHAProxy bool) {
	expected, err := readExpected(expectedFile)
	if err != nil {
		b.fail("h2spec", err.Error())
		return
	}
	backend := freePort()
	listener, err := net.Listen("tcp", address(backend))
	if err != nil {
		b.fail("h2spec: backend", err.Error())
		return
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, "hello\n")
	})}
	go server.Serve(listener)
	defer server.Close()
	gateway, err := b.startGateway(backend, "")
	if err != nil {
		b.fail("h2spec: gateway", err.Error())
		return
	}
	failedBefore := b.failed
	for _, transport := range transports {
		cases, err := b.h2spec(transport, gateway.port(transport))
		if err != nil {
			b.fail("h2spec "+transport.name, err.Error())
			continue
		}
		b.compare(transport, cases, expected)
		b.result("h2spec "+transport.name+": a request of HTTP/1.1 after all of these", get(gateway.clearPort))
	}
	b.stopGateway("h2spec", gateway, failedBefore)
	if withHAProxy && !b.interrupted() {
		if err := b.compareHAProxy(backend); err != nil {
			b.fail("h2spec with HAProxy", err.Error())
		}
	}
}

// transport is how clients reach the gateway, and the gateway its gRPC backends.
type transport struct {
	name string // as in the list of expected failures
	tls  bool
}

var transports = []transport{{"clear", false}, {"tls", true}}

func (g *gateway) port(transport transport) int {
	if transport.tls {
		return g.tlsPort
	}
	return g.clearPort
}

// stopGateway also checks the exit status, and prints the last lines of the log if a check failed.
func (b *bench) stopGateway(part string, gateway *gateway, failedBefore int) {
	b.result(part+": the gateway ends with status 0 on SIGTERM", gateway.stop())
	if b.failed > failedBefore && !b.interrupted() {
		fmt.Printf("     the gateway's last lines:\n%s\n", gateway.tail())
	}
}

func get(port int) error {
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get("http://" + address(port) + "/")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK || string(body) != "hello\n" {
		return fmt.Errorf("%s, %q (expected: 200 OK, \"hello\\n\")", response.Status, body)
	}
	return nil
}

// testCase is a case of h2spec; its id is what h2spec takes as an argument, such as http2/5.1/5.
type testCase struct {
	id          string
	description string
	failure     string // empty if it passed
}

// h2spec runs all cases, the strict ones included.
func (b *bench) h2spec(transport transport, port int) ([]testCase, error) {
	report := filepath.Join(b.scratch, "h2spec.xml")
	os.Remove(report)
	arguments := []string{"--strict", "--timeout", "5", "--junit-report", report, "--port", strconv.Itoa(port)}
	if transport.tls {
		arguments = append(arguments, "--tls", "--insecure")
	}
	output, failure := b.call(20*time.Minute, filepath.Join(b.tools, "h2spec"), arguments...)
	content, err := os.ReadFile(report)
	if err != nil {
		return nil, fmt.Errorf("no report: %v\n%s", failure, indent(lastLines(output, 10)))
	}
	return parseJUnit(content)
}

func parseJUnit(content []byte) ([]testCase, error) {
	var report struct {
		Suites []struct {
			Cases []struct {
				Section     string  `xml:"package,attr"`
				Description string  `xml:"classname,attr"`
				Failure     *string `xml:"failure"`
				Error       *string `xml:"error"`
				Skipped     *string `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(content, &report); err != nil {
		return nil, fmt.Errorf("the report of h2spec: %w", err)
	}
	var cases []testCase
	inSection := make(map[string]int)
	for _, suite := range report.Suites {
		for _, c := range suite.Cases {
			inSection[c.Section]++
			found := testCase{
				id:          fmt.Sprintf("%s/%d", c.Section, inSection[c.Section]),
				description: c.Description,
			}
			for _, text := range []*string{c.Failure, c.Error} {
				if text != nil {
					found.failure = explain(*text)
				}
			}
			if c.Skipped != nil {
				found.failure = "skipped"
			}
			cases = append(cases, found)
		}
	}
	if len(cases) == 0 {
		return nil, errors.New("the report of h2spec has no case")
	}
	return cases, nil
}

// explain turns a failure into one line. Its last line is the actual event, those before are the expected ones.
func explain(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	last := len(lines) - 1
	if last < 1 {
		return "failed: " + lines[0]
	}
	return fmt.Sprintf("%s (expected: %s)", lines[last], strings.Join(lines[:last], " or "))
}

// expectation identifies a line of the list of expected failures.
type expectation struct {
	transport string
	id        string
}

// readExpected returns the reason for each expected failure.
func readExpected(file string) (map[expectation]string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	reasons := make(map[expectation]string)
	for i, line := range strings.Split(string(content), "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[0] != "clear" && fields[0] != "tls" {
			return nil, fmt.Errorf("%s:%d: %q (expected: clear or tls, a case such as http2/5.1/5, and a reason)",
				file, i+1, line)
		}
		reasons[expectation{fields[0], fields[1]}] = strings.Join(fields[2:], " ")
	}
	return reasons, nil
}

// compare reports each case, and listed cases that do not exist.
func (b *bench) compare(transport transport, cases []testCase, expected map[expectation]string) {
	known := make(map[string]bool)
	for _, c := range cases {
		known[c.id] = true
		name := fmt.Sprintf("h2spec %s %s: %s", transport.name, c.id, c.description)
		reason, listed := expected[expectation{transport.name, c.id}]
		switch {
		case c.failure == "" && listed:
			b.fail(name, "passes, but "+expectedFile+" lists it; remove it there")
		case c.failure == "":
			b.pass(name, "")
		case listed:
			b.pass(name, "fails, as listed: "+reason)
		default:
			b.fail(name, c.failure)
		}
	}
	for listed := range expected {
		if listed.transport == transport.name && !known[listed.id] {
			b.fail(fmt.Sprintf("h2spec %s %s", transport.name, listed.id), "listed, but h2spec has no such case")
		}
	}
}

// compareHAProxy prints how HAProxy does, without counting anything.
func (b *bench) compareHAProxy(backend int) error {
	program, err := exec.LookPath("haproxy")
	if err != nil {
		program = "/usr/sbin/haproxy"
	}
	clearPort, tlsPort := freePort(), freePort()
	file := filepath.Join(b.scratch, "haproxy.cfg")
	config := fmt.Sprintf(`defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend clients
  bind %s
  bind %s ssl crt %s alpn h2,http/1.1
  default_backend servers
backend servers
  server a %s
`, address(clearPort), address(tlsPort), b.certificates.both, address(backend))
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return err
	}
	haproxy, err := b.start("haproxy", program, "-db", "-f", file)
	if err != nil {
		return err
	}
	defer haproxy.stop()
	if err := haproxy.listens(tlsPort); err != nil {
		return err
	}
	for _, transport := range transports {
		port := clearPort
		if transport.tls {
			port = tlsPort
		}
		cases, err := b.h2spec(transport, port)
		if err != nil {
			return err
		}
		failures := 0
		for _, c := range cases {
			if c.failure != "" {
				failures++
				fmt.Printf("     HAProxy %s %s: %s: %s\n", transport.name, c.id, c.description, c.failure)
			}
		}
		fmt.Printf("     HAProxy %s: %d of %d cases of h2spec pass\n", transport.name, len(cases)-failures, len(cases))
	}
	return nil
}
