// Command interop checks the gateway against h2spec and grpc-go. interop/run builds and starts it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

func main() {
	os.Exit(run())
}

func run() int {
	flags := flag.NewFlagSet("interop/run", flag.ExitOnError)
	short := flags.Bool("short", false, "a tenth of the gRPC messages")
	withHAProxy := flags.Bool("with-haproxy", false, "also run h2spec against HAProxy, for comparison")
	image := flags.String("image", "", "the gateway's image; set by interop/run")
	tools := flags.String("tools", "", "the folder of h2spec and of gRPC's client and server; set by interop/run")
	scratch := flags.String("scratch", "", "a folder to work in, removed at the end; set by interop/run")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: interop/run [flags] [h2spec|grpc]")
		flags.PrintDefaults()
	}
	flags.Parse(os.Args[1:])
	parts := flags.Args()
	if len(parts) == 0 {
		parts = []string{"h2spec", "grpc"}
	}
	for _, part := range parts {
		if !slices.Contains([]string{"h2spec", "grpc"}, part) {
			fmt.Fprintf(os.Stderr, "interop/run: %q (expected: h2spec or grpc)\n", part)
			return 2
		}
	}
	defer os.RemoveAll(*scratch)
	// All processes end with this context.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	certificates, err := makeCertificates(*scratch)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	bench := &bench{
		ctx: ctx, image: *image, tools: *tools, scratch: *scratch,
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
	if ctx.Err() != nil {
		fmt.Println("interrupted")
		bench.failed++
	}
	fmt.Printf("%d passed, %d failed\n", bench.passed, bench.failed)
	if bench.failed > 0 {
		return 1
	}
	return 0
}

// bench is what all checks need, and counts their results.
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

// pass reports a check that went as expected; the remark may be empty.
func (b *bench) pass(check, remark string) {
	b.passed++
	print("ok  ", check, remark)
}

func (b *bench) fail(check, reason string) {
	b.failed++
	print("FAIL", check, reason)
}

func (b *bench) result(check string, err error) {
	if err != nil {
		b.fail(check, err.Error())
	} else {
		b.pass(check, "")
	}
}

func print(result, check, remark string) {
	if remark != "" {
		check += ": " + remark
	}
	fmt.Println(result, check)
}
