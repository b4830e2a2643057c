package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
)

const maxMessageBytes = 64 << 10

// Messages are slices of it, so that making and comparing them costs next to nothing.
var pattern = func() []byte {
	random := rand.New(rand.NewPCG(1, 2))
	bytes := make([]byte, 2*maxMessageBytes)
	for i := range bytes {
		bytes[i] = byte(random.Uint32())
	}
	return bytes
}()

// message returns the message with an index in one direction of a call, 0 bytes to 64 KiB. Both ends
// compute it, so they notice a message that is lost, repeated, out of order or from another call.
func message(direction uint64, index int) []byte {
	random := mix(direction<<32 ^ uint64(index))
	offset := int(random >> 32 % maxMessageBytes)
	return pattern[offset : offset+size(uint32(random))]
}

// Mostly small, as messages are, and 5 KB on average. Every tenth is empty: its DATA frame has the
// five bytes of gRPC's prefix only. Some are one byte around what fits into a frame of 16 KiB.
func size(random uint32) int {
	n := int(random >> 8)
	switch kind := random & 0xff; {
	case kind < 26:
		return 0
	case kind < 128:
		return 1 + n%100
	case kind < 192:
		return 1 + n%1024
	case kind < 224:
		return 1 + n%16_384
	case kind < 232:
		return 16_384 - 5 - 1 + n%3
	case kind < 253:
		return 1 + n%maxMessageBytes
	default:
		return maxMessageBytes
	}
}

// mix is the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// check returns an error if a received message is not the expected one.
func check(direction uint64, index int, received []byte) error {
	expected := message(direction, index)
	if !bytes.Equal(received, expected) {
		return fmt.Errorf("message %d of direction %d: other content, %d bytes (expected: %d)",
			index, direction, len(received), len(expected))
	}
	return nil
}
