package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// A number in its metadata identifies a call. Messages to the server have that number as their
// direction, those to the client the next one.
const (
	callKey     = "call"
	messagesKey = "messages" // in a trailer: how many the server received
)

// service has the four kinds of call. Messages are bytes, so it needs no generated code.
var service = grpc.ServiceDesc{
	ServiceName: "upstream4j.interop.Messages",
	HandlerType: (*any)(nil),
	Methods:     []grpc.MethodDesc{{MethodName: "Unary", Handler: unary}},
	Streams: []grpc.StreamDesc{
		{StreamName: "ClientStreaming", Handler: clientStreaming, ClientStreams: true},
		{StreamName: "ServerStreaming", Handler: serverStreaming, ServerStreams: true},
		{StreamName: "Bidirectional", Handler: bidirectional, ClientStreams: true, ServerStreams: true},
	},
}

type bytesCodec struct{}

func (bytesCodec) Name() string { return "bytes" }

func (bytesCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*v.(*[]byte))}, nil
}

func (bytesCodec) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

func unary(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
	call, err := callOf(ctx)
	if err != nil {
		return nil, err
	}
	var request []byte
	if err := decode(&request); err != nil {
		return nil, err
	}
	if err := check(call, 0, request); err != nil {
		return nil, status.Error(codes.DataLoss, err.Error())
	}
	if err := grpc.SetTrailer(ctx, metadata.Pairs(messagesKey, "1")); err != nil {
		return nil, err
	}
	response := message(call+1, 0)
	return &response, nil
}

func clientStreaming(_ any, stream grpc.ServerStream) error {
	call, err := callOf(stream.Context())
	if err != nil {
		return err
	}
	received, err := receiveAll(stream, call, nil)
	if err != nil {
		return err
	}
	response := count(received)
	return stream.SendMsg(&response)
}

func serverStreaming(_ any, stream grpc.ServerStream) error {
	call, err := callOf(stream.Context())
	if err != nil {
		return err
	}
	var request []byte
	if err := stream.RecvMsg(&request); err != nil {
		return err
	}
	for i := range int(binary.BigEndian.Uint64(request)) {
		response := message(call+1, i)
		if err := stream.SendMsg(&response); err != nil {
			return err
		}
	}
	stream.SetTrailer(metadata.Pairs(messagesKey, "1"))
	return nil
}

func bidirectional(_ any, stream grpc.ServerStream) error {
	call, err := callOf(stream.Context())
	if err != nil {
		return err
	}
	_, err = receiveAll(stream, call, func(i int) error {
		response := message(call+1, i)
		return stream.SendMsg(&response)
	})
	return err
}

// receiveAll checks every message until the client ends its direction, and returns their number.
func receiveAll(stream grpc.ServerStream, call uint64, then func(int) error) (int, error) {
	for i := 0; ; i++ {
		var request []byte
		err := stream.RecvMsg(&request)
		if errors.Is(err, io.EOF) {
			stream.SetTrailer(metadata.Pairs(messagesKey, strconv.Itoa(i)))
			return i, nil
		}
		if err != nil {
			return i, err
		}
		if err := check(call, i, request); err != nil {
			return i, status.Error(codes.DataLoss, err.Error())
		}
		if then != nil {
			if err := then(i); err != nil {
				return i, err
			}
		}
	}
}

func callOf(ctx context.Context) (uint64, error) {
	headers, _ := metadata.FromIncomingContext(ctx)
	values := headers.Get(callKey)
	if len(values) != 1 {
		return 0, status.Error(codes.InvalidArgument, fmt.Sprintf("metadata %q: %q (expected: a number)", callKey, values))
	}
	call, err := strconv.ParseUint(values[0], 10, 64)
	if err != nil {
		return 0, status.Error(codes.InvalidArgument, fmt.Sprintf("metadata %q: %q (expected: a number)", callKey, values[0]))
	}
	return call, nil
}

func count(n int) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(n))
}
