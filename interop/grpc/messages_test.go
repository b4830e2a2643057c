package main

import "testing"

func TestMessagesHaveAllSizes(t *testing.T) {
	sizes := make(map[int]int)
	total := 0
	for i := range 100_000 {
		n := len(message(2, i))
		sizes[n]++
		total += n
	}
	for _, n := range []int{0, 1, 100, 1024, 16_384 - 5, 16_384 - 4, maxMessageBytes} {
		if sizes[n] == 0 {
			t.Errorf("none of %d bytes", n)
		}
	}
	for n := range sizes {
		if n > maxMessageBytes {
			t.Errorf("%d bytes (expected: up to %d)", n, maxMessageBytes)
		}
	}
	if mean := total / 100_000; mean < 4_000 || mean > 7_000 {
		t.Errorf("%d bytes on average (expected: about 5,000)", mean)
	}
}

func TestAMessageOutOfPlaceIsNoticed(t *testing.T) {
	if err := check(2, 7, message(2, 7)); err != nil {
		t.Error(err)
	}
	noticed := 0
	for i := range 1_000 {
		if check(2, i, message(2, i+1)) != nil {
			noticed++
		}
		if check(2, i, message(4, i)) != nil {
			noticed++
		}
	}
	// Two empty messages are equal, and so are some of one byte.
	if noticed < 1_900 {
		t.Errorf("%d of 2000 noticed", noticed)
	}
}
