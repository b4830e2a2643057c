// Command grpc is a server and a client of gRPC calls that carry many messages. The client checks
// the order and the content of each, and how each call ends.
//
//	grpc server -listen 127.0.0.1:50051
//	grpc client -target localhost:8080 -kinds unary,bidirectional -messages 100000
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("usage: grpc server|client [flags]")
	}
	var err error
	switch command := os.Args[1]; command {
	case "server":
		err = serve(os.Args[2:])
	case "client":
		err = send(os.Args[2:])
	default:
		err = fmt.Errorf("%q: no command (expected: server or client)", command)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func serve(arguments []string) error {
	flags := flag.NewFlagSet("server", flag.ExitOnError)
	listen := flags.String("listen", "127.0.0.1:50051", "where to listen")
	cert := flags.String("cert", "", "certificate, in PEM; turns TLS on")
	key := flags.String("key", "", "its key, in PEM")
	flags.Parse(arguments)
	options := []grpc.ServerOption{grpc.ForceServerCodecV2(bytesCodec{})}
	if *cert != "" {
		tls, err := credentials.NewServerTLSFromFile(*cert, *key)
		if err != nil {
			return err
		}
		options = append(options, grpc.Creds(tls))
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	server := grpc.NewServer(options...)
	server.RegisterService(&service, nil)
	return server.Serve(listener)
}

func send(arguments []string) error {
	flags := flag.NewFlagSet("client", flag.ExitOnError)
	target := flags.String("target", "localhost:8080", "where to connect")
	ca := flags.String("ca", "", "the authority to trust, in PEM; turns TLS on")
	names := flags.String("kinds", "unary,client_streaming,server_streaming,bidirectional",
		"kinds of call, all at the same time")
	messages := flags.Int("messages", 100_000, "messages of each kind")
	calls := flags.Int("calls", 16, "calls of each kind at the same time")
	timeout := flags.Duration("timeout", 10*time.Minute, "until everything must have arrived")
	flags.Parse(arguments)
	selected := strings.Split(*names, ",")
	for _, name := range selected {
		if kinds[name] == nil {
			return fmt.Errorf("-kinds: no kind %q", name)
		}
	}
	security := insecure.NewCredentials()
	if *ca != "" {
		pem, err := os.ReadFile(*ca)
		if err != nil {
			return err
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return fmt.Errorf("%s: no certificate", *ca)
		}
		security = credentials.NewTLS(&tls.Config{RootCAs: roots})
	}
	load := load{messages: *messages, calls: *calls}
	conn, err := grpc.NewClient(*target, grpc.WithTransportCredentials(security),
		grpc.WithContextDialer(load.dial), grpc.WithDefaultCallOptions(grpc.ForceCodecV2(bytesCodec{})))
	if err != nil {
		return err
	}
	defer conn.Close()
	load.conn = conn
	ctx, cancel := context.WithTimeout(context.Background(), *timeout)
	defer cancel()
	began := time.Now()
	load.run(ctx, selected)
	fmt.Println(load.report(time.Since(began)))
	if load.failed() {
		os.Exit(1)
	}
	return nil
}
