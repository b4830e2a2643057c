package main

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// load sends messages by calls of some kinds, several at the same time, and counts what arrives.
type load struct {
	conn     *grpc.ClientConn
	messages int // of each kind
	calls    int // at the same time, of each kind

	connections atomic.Int64
	nextCall    atomic.Uint64
	arrived     atomic.Int64 // messages with the expected content, in both directions

	mutex        sync.Mutex
	failures     map[string]int
	beforeFirst  int64 // of arrived, when the first call failed
	callsFailed  int
	callsStarted int
}

// kinds of call. Each sends a number of messages by one or more calls, one after the other.
var kinds = map[string]func(*load, context.Context, int){
	"unary":            (*load).unary,
	"client_streaming": (*load).clientStreaming,
	"server_streaming": (*load).serverStreaming,
	"bidirectional":    (*load).bidirectional,
}

// run sends the messages of all named kinds at the same time.
func (l *load) run(ctx context.Context, names []string) {
	l.failures = make(map[string]int)
	var all sync.WaitGroup
	for _, name := range names {
		for i := range l.calls {
			n := l.messages / l.calls
			if i < l.messages%l.calls {
				n++
			}
			all.Go(func() { kinds[name](l, ctx, n) })
		}
	}
	all.Wait()
}

// failed reports whether a call failed, or the connection ended and was replaced.
func (l *load) failed() bool {
	return l.callsFailed > 0 || l.connections.Load() > 1
}

// report returns one line, and further ones if calls failed.
func (l *load) report(took time.Duration) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d messages arrived in %.1f s, connections: %d", l.arrived.Load(), took.Seconds(), l.connections.Load())
	if l.connections.Load() > 1 {
		text.WriteString(" (expected: 1)")
	}
	if l.callsFailed == 0 {
		return text.String()
	}
	fmt.Fprintf(&text, "; %d of %d calls failed, the first after %d messages", l.callsFailed, l.callsStarted, l.beforeFirst)
	byCount := func(a, b string) int { return cmp.Compare(l.failures[b], l.failures[a]) }
	for _, failure := range slices.SortedFunc(maps.Keys(l.failures), byCount) {
		fmt.Fprintf(&text, "\n  %d times: %s", l.failures[failure], failure)
	}
	return text.String()
}

// dial counts connections, of which a client opens another only if one ends.
func (l *load) dial(ctx context.Context, address string) (net.Conn, error) {
	l.connections.Add(1)
	var dialer net.Dialer
	return dialer.DialContext(ctx, "tcp", address)
}

// call makes one call, whose number it puts into the metadata.
func (l *load) call(ctx context.Context, exchange func(context.Context, uint64) error) {
	number := l.nextCall.Add(2)
	err := exchange(metadata.AppendToOutgoingContext(ctx, callKey, strconv.FormatUint(number, 10)), number)
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.callsStarted++
	if err != nil {
		if l.callsFailed++; l.callsFailed == 1 {
			l.beforeFirst = l.arrived.Load()
		}
		l.failures[err.Error()]++
	}
}

func (l *load) unary(ctx context.Context, messages int) {
	for range messages {
		if ctx.Err() != nil {
			l.call(ctx, func(context.Context, uint64) error { return ctx.Err() })
			return
		}
		l.call(ctx, func(ctx context.Context, number uint64) error {
			request := message(number, 0)
			var response []byte
			var trailer metadata.MD
			if err := l.conn.Invoke(ctx, "/"+service.ServiceName+"/Unary", &request, &response, grpc.Trailer(&trailer)); err != nil {
				return err
			}
			if err := check(number+1, 0, response); err != nil {
				return err
			}
			l.arrived.Add(2)
			return checkTrailer(trailer, 1)
		})
	}
}

func (l *load) clientStreaming(ctx context.Context, messages int) {
	l.call(ctx, func(ctx context.Context, number uint64) error {
		stream, err := l.open(ctx, 1)
		if err != nil {
			return err
		}
		if err := sendAll(stream, number, messages); err != nil {
			return err
		}
		var response []byte
		if err := stream.RecvMsg(&response); err != nil {
			return err
		}
		if received := binary.BigEndian.Uint64(response); received != uint64(messages) {
			return fmt.Errorf("the server received %d messages (expected: %d)", received, messages)
		}
		l.arrived.Add(int64(messages) + 1)
		return checkEnd(stream, messages)
	})
}

func (l *load) serverStreaming(ctx context.Context, messages int) {
	l.call(ctx, func(ctx context.Context, number uint64) error {
		stream, err := l.open(ctx, 2)
		if err != nil {
			return err
		}
		request := count(messages)
		if err := stream.SendMsg(&request); err != nil {
			return err
		}
		if err := stream.CloseSend(); err != nil {
			return err
		}
		if err := l.receiveAll(stream, number, messages); err != nil {
			return err
		}
		return checkEnd(stream, 1)
	})
}

func (l *load) bidirectional(ctx context.Context, messages int) {
	l.call(ctx, func(ctx context.Context, number uint64) error {
		stream, err := l.open(ctx, 3)
		if err != nil {
			return err
		}
		sent := make(chan error, 1)
		go func() { sent <- sendAll(stream, number, messages) }()
		err = l.receiveAll(stream, number, messages)
		if err == nil {
			err = checkEnd(stream, messages)
		}
		if sendErr := <-sent; err == nil {
			return sendErr
		}
		return err
	})
}

func (l *load) open(ctx context.Context, kind int) (grpc.ClientStream, error) {
	description := &service.Streams[kind-1]
	return l.conn.NewStream(ctx, description, "/"+service.ServiceName+"/"+description.StreamName)
}

// sendAll sends the messages and ends this direction. If the call fails meanwhile, receiving returns the
// reason.
func sendAll(stream grpc.ClientStream, number uint64, messages int) error {
	for i := range messages {
		request := message(number, i)
		if err := stream.SendMsg(&request); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
	return stream.CloseSend()
}

func (l *load) receiveAll(stream grpc.ClientStream, number uint64, messages int) error {
	for i := range messages {
		var response []byte
		if err := stream.RecvMsg(&response); err != nil {
			return err
		}
		if err := check(number+1, i, response); err != nil {
			return err
		}
		l.arrived.Add(1)
	}
	return nil
}

func checkEnd(stream grpc.ClientStream, messages int) error {
	var more []byte
	err := stream.RecvMsg(&more)
	if err == nil {
		return errors.New("one message too many")
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	return checkTrailer(stream.Trailer(), messages)
}

func checkTrailer(trailer metadata.MD, messages int) error {
	if received := trailer.Get(messagesKey); !slices.Equal(received, []string{strconv.Itoa(messages)}) {
		return fmt.Errorf("trailer %q: %q (expected: %d)", messagesKey, received, messages)
	}
	return nil
}
