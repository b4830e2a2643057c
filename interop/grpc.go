package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"
)

// load is one check of many messages.
type load struct {
	name    string
	kinds   string // of call, as interop/grpc names them
	calls   int    // of each kind at a time
	divisor int    // of the run's number of messages
}

var loads = []load{
	{"unary, one call at a time", "unary", 1, 10}, // with a PING for each
	{"unary", "unary", 16, 1},
	{"client streaming", "client_streaming", 16, 1},
	{"server streaming", "server_streaming", 16, 1},
	{"bidirectional", "bidirectional", 16, 1},
	{"all kinds at the same time", "unary,client_streaming,server_streaming,bidirectional", 16, 1},
}

// clientCases are the cases of gRPC's own client that need nothing outside this machine, described in
// https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md. pick_first_unary is not
// among them: the server in Go does not send the server id that it checks.
var clientCases = []string{
	"empty_unary",
	"large_unary",
	"client_streaming",
	"server_streaming",
	"ping_pong",
	"empty_stream",
	"timeout_on_sleeping_server",
	"cancel_after_begin",
	"cancel_after_first_response",
	"status_code_and_message",
	"special_status_message",
	"custom_metadata",
	"unimplemented_method",
	"unimplemented_service",
	"rpc_soak",
	"channel_soak",
	"orca_per_rpc",
	"orca_oob",
}

// orcaPolicy makes the client read load reports. It has no effect on other cases.
const orcaPolicy = `{"loadBalancingConfig": [{"test_backend_metrics_load_balancer": {}}]}`

// runLoad sends many messages.
func (b *bench) runLoad() {
	program := filepath.Join(b.scratch, "grpc")
	for _, transport := range transports {
		part := "grpc " + transport.name
		serverArguments := func(port int) []string {
			arguments := []string{"server", "-listen", address(port)}
			if transport.tls {
				arguments = append(arguments, "-cert", b.certificates.cert, "-key", b.certificates.key)
			}
			return arguments
		}
		b.behindGateway(part, transport, program, serverArguments, func(port int) {
			for _, load := range loads {
				if b.interrupted() {
					return
				}
				messages := b.messages / load.divisor
				arguments := []string{
					"client", "-target", address(port), "-kinds", load.kinds,
					"-calls", strconv.Itoa(load.calls), "-messages", strconv.Itoa(messages),
				}
				if transport.tls {
					arguments = append(arguments, "-ca", b.certificates.ca)
				}
				output, err := b.call(15*time.Minute, program, arguments...)
				name := fmt.Sprintf("%s: %d messages, %s", part, messages, load.name)
				if err != nil {
					b.fail(name, err.Error()+"\n"+indent(lastLines(output, 10)))
				} else {
					b.pass(name, output)
				}
			}
		})
	}
}

// runCases runs gRPC's client against its server.
func (b *bench) runCases() {
	for _, transport := range transports {
		part := "grpc " + transport.name
		serverArguments := func(port int) []string {
			arguments := []string{"-port", strconv.Itoa(port)}
			if transport.tls {
				arguments = append(arguments, "-use_tls",
					"-tls_cert_file", b.certificates.cert, "-tls_key_file", b.certificates.key)
			}
			return arguments
		}
		b.behindGateway(part, transport, filepath.Join(b.tools, "server"), serverArguments, func(port int) {
			for _, name := range clientCases {
				if b.interrupted() {
					return
				}
				arguments := []string{
					"-server_host", "127.0.0.1", "-server_port", strconv.Itoa(port), "-test_case", name,
					"-soak_iterations", "100", "-soak_num_threads", "4",
					"-soak_per_iteration_max_acceptable_latency_ms", "10000", "-soak_overall_timeout_seconds", "100",
					"-service_config_json", orcaPolicy,
				}
				if transport.tls {
					arguments = append(arguments, "-use_tls", "-use_test_ca", "-ca_file", b.certificates.ca)
				}
				output, err := b.call(2*time.Minute, filepath.Join(b.tools, "client"), arguments...)
				if err != nil {
					err = errors.New(err.Error() + "\n" + indent(lastLines(output, 5)))
				}
				b.result(part+": case "+name, err)
			}
		})
	}
}

// behindGateway runs checks against a gateway in front of a gRPC server, both with the same transport.
func (b *bench) behindGateway(
	part string, transport transport, program string, arguments func(port int) []string, checks func(port int)) {
	if b.interrupted() {
		return
	}
	port := freePort()
	server, err := b.start("server", program, arguments(port)...)
	if err != nil {
		b.fail(part+": server", err.Error())
		return
	}
	if err := server.listens(port); err != nil {
		b.fail(part+": server", err.Error())
		server.stop()
		return
	}
	keys := "alpn: H2"
	if transport.tls {
		keys += fmt.Sprintf(", sni: localhost, tls: { ca: %q }", b.certificates.ca)
	}
	gateway, err := b.startGateway(port, keys)
	if err != nil {
		b.fail(part+": gateway", err.Error())
		server.stop()
		return
	}
	failedBefore := b.failed
	checks(gateway.port(transport))
	b.stopGateway(part, gateway, failedBefore)
	if err := server.stop(); err != nil {
		b.fail(part+": server", err.Error())
	}
}
