package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	startLimit = 60 * time.Second
	stopLimit  = 30 * time.Second
)

// process is a program that runs until it is stopped. What it prints goes into a file.
type process struct {
	name   string
	output string
	cancel context.CancelFunc
	ended  chan struct{}
	err    error // once ended
}

func (b *bench) start(name, program string, arguments ...string) (*process, error) {
	output, err := os.CreateTemp(b.scratch, name+"-*.log")
	if err != nil {
		return nil, err
	}
	defer output.Close()
	ctx, cancel := context.WithCancel(b.ctx)
	command := exec.CommandContext(ctx, program, arguments...)
	command.Stdout, command.Stderr = output, output
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = stopLimit
	if err := command.Start(); err != nil {
		cancel()
		return nil, err
	}
	started := &process{name: name, output: output.Name(), cancel: cancel, ended: make(chan struct{})}
	go func() {
		started.err = command.Wait()
		close(started.ended)
	}()
	return started, nil
}

// stop ends it by SIGTERM. The error says how it ended, if not with status 0 or by that signal.
func (p *process) stop() error {
	select {
	case <-p.ended:
		return fmt.Errorf("%s ended early: %v\n%s", p.name, p.err, p.tail())
	default:
	}
	p.cancel()
	<-p.ended
	var exit *exec.ExitError
	if errors.As(p.err, &exit) {
		if wait := exit.Sys().(syscall.WaitStatus); !wait.Signaled() || wait.Signal() != syscall.SIGTERM {
			return fmt.Errorf("%s: %v\n%s", p.name, p.err, p.tail())
		}
	}
	return nil
}

// await polls until a condition holds, while the process runs.
func (p *process) await(what string, holds func() bool) error {
	limit := time.After(startLimit)
	for !holds() {
		select {
		case <-p.ended:
			return fmt.Errorf("%s ended: %v\n%s", p.name, p.err, p.tail())
		case <-limit:
			return fmt.Errorf("%s: not within %v: %s\n%s", p.name, startLimit, what, p.tail())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// listens waits until a port of 127.0.0.1 accepts connections.
func (p *process) listens(port int) error {
	return p.await("listening", func() bool {
		conn, err := net.Dial("tcp", address(port))
		if err != nil {
			return false
		}
		conn.Close()
		return true
	})
}

// says waits until the process has printed a text.
func (p *process) says(text string) error {
	return p.await(text, func() bool {
		output, _ := os.ReadFile(p.output)
		return strings.Contains(string(output), text)
	})
}

// tail returns the last lines that the process printed, indented.
func (p *process) tail() string {
	output, _ := os.ReadFile(p.output)
	return indent(lastLines(string(output), 10))
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

func indent(text string) string {
	return "     " + strings.ReplaceAll(text, "\n", "\n     ")
}

// call runs a program to its end, and returns what it printed.
func (b *bench) call(limit time.Duration, program string, arguments ...string) (string, error) {
	ctx, cancel := context.WithTimeout(b.ctx, limit)
	defer cancel()
	command := exec.CommandContext(ctx, program, arguments...)
	command.WaitDelay = stopLimit
	output, err := command.CombinedOutput()
	if ctx.Err() == context.DeadlineExceeded {
		err = fmt.Errorf("not within %v", limit)
	}
	return strings.TrimRight(string(output), "\n"), err
}

// gateway is an upstream serve in front of one backend.
type gateway struct {
	*process
	clearPort int
	tlsPort   int
}

// startGateway starts one with further keys of its upstream, in YAML.
func (b *bench) startGateway(backend int, keys string) (*gateway, error) {
	if keys != "" {
		keys = ", " + keys
	}
	file := filepath.Join(b.scratch, "upstreams.yaml")
	config := fmt.Sprintf("upstreams:\n  backend: { addrs: [%q]%s }\nroutes:\n  - { upstream: backend }\n",
		address(backend), keys)
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return nil, err
	}
	clearPort, tlsPort, admin := freePort(), freePort(), freePort()
	started, err := b.start("gateway", filepath.Join(b.image, "bin", "upstream"), "serve", "--config", file,
		"--listen", address(clearPort), "--tls-listen", address(tlsPort), "--admin", address(admin),
		"--tls-cert", b.certificates.cert, "--tls-key", b.certificates.key)
	if err != nil {
		return nil, err
	}
	if err := started.says("admin on"); err != nil { // the last line of its start
		started.stop()
		return nil, err
	}
	return &gateway{process: started, clearPort: clearPort, tlsPort: tlsPort}, nil
}

func address(port int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}

// freePort returns a port below the range of outgoing connections, so that none of them takes it.
func freePort() int {
	for {
		port := 23_000 + rand.IntN(1000)
		if listener, err := net.Listen("tcp", ":"+strconv.Itoa(port)); err == nil {
			listener.Close()
			return port
		}
	}
}
