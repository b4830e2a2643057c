// Command interop checks the gateway against h2spec and grpc-go. interop/run builds and starts it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	os.Exit(run())
}

func run() int {
	// Set by interop/run: the gateway's image, the folder of h2spec and gRPC's client and server, and a
	// folder to work in.
	image, tools, scratch := os.Getenv("INTEROP_IMAGE"), os.Getenv("INTEROP_TOOLS"), os.Getenv("INTEROP_SCRATCH")
	if image == "" || tools == "" || scratch == "" {
		fmt.Fprintln(os.Stderr, "start it by interop/run")
		return 2
	}
	defer os.RemoveAll(scratch)
	flags := flag.NewFlagSet("interop/run", flag.ContinueOnError)
	short := flags.Bool("short", false, "a tenth of the gRPC messages")
	withHAProxy := flags.Bool("with-haproxy", false, "also run h2spec against HAProxy, for comparison")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: interop/run [flags] [h2spec|grpc]")
		flags.PrintDefaults()
	}
	if err := flags.Parse(os.Args[1:]); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	parts := flags.Args()
	if len(parts) == 0 {
		parts = []string{"h2spec", "grpc"}
	}
	for _, part := range parts {
		if part != "h2spec" && part != "grpc" {
			fmt.Fprintf(os.Stderr, "interop/run: %q (expected: h2spec or grpc)\n", part)
			return 2
		}
	}
	// All processes end with this context.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	certificates, err := makeCertificates(scratch)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	bench := &bench{
		ctx: ctx, image: image, tools: tools, scratch: scratch,
		certificates: certificates, messages: 100_000,
	}
	if *short {
		bench.messages = 10_000
	}
	for _, part := range parts {
		switch part {
		case "h2spec":
			bench.runH2spec(*withHAProxy)
		case "grpc":
			bench.runLoad()
			bench.runCases()
		}
	}
	if bench.interrupted() {
		fmt.Println("interrupted")
		bench.failed++
	}
	fmt.Printf("%d passed, %d failed\n", bench.passed, bench.failed)
	if bench.failed > 0 {
		return 1
	}
	return 0
}

// bench holds what all checks need, and counts their results.
type bench struct {
	ctx          context.Context
	image        string
	tools        string
	scratch      string
	certificates certificates
	messages     int // of each kind of gRPC call

	passed int
	failed int
}

// interrupted reports whether the run was interrupted. All processes end then, so failures mean nothing.
func (b *bench) interrupted() bool {
	return b.ctx.Err() != nil
}

// pass reports a check with the expected result; the remark may be empty.
func (b *bench) pass(check, remark string) {
	if !b.interrupted() {
		b.passed++
		report("ok  ", check, remark)
	}
}

func (b *bench) fail(check, reason string) {
	if !b.interrupted() {
		b.failed++
		report("FAIL", check, reason)
	}
}

func (b *bench) result(check string, err error) {
	if err != nil {
		b.fail(check, err.Error())
	} else {
		b.pass(check, "")
	}
}

func report(result, check, remark string) {
	if remark != "" {
		check += ": " + remark
	}
	fmt.Println(result, check)
}
