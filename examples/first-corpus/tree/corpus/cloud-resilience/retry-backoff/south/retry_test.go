package retry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

func failing(times int) (func(context.Context) error, *int) {
	calls := 0
	return func(context.Context) error {
		calls++
		if calls <= times {
			return fmt.Errorf("call %d: %w", calls, ErrTemporary)
		}
		return nil
	}, &calls
}

func recording(waits *[]time.Duration) func(context.Context, time.Duration) error {
	return func(_ context.Context, wait time.Duration) error {
		*waits = append(*waits, wait)
		return nil
	}
}

func TestWaitsDoubleUpToTheCap(t *testing.T) {
	var waits []time.Duration
	operation, calls := failing(4)
	policy := Policy{Attempts: 5, Base: time.Second, Cap: 3 * time.Second, Sleep: recording(&waits)}
	if err := policy.Do(context.Background(), operation); err != nil {
		t.Fatalf("got %v, want success", err)
	}
	want := []time.Duration{time.Second, 2 * time.Second, 3 * time.Second, 3 * time.Second}
	if *calls != 5 || !slices.Equal(waits, want) {
		t.Errorf("got %d calls and waits %v, want 5 and %v", *calls, waits, want)
	}
}

func TestTheLastFailureReachesTheCaller(t *testing.T) {
	var waits []time.Duration
	operation, calls := failing(9)
	policy := Policy{Attempts: 2, Base: time.Second, Cap: time.Second, Sleep: recording(&waits)}
	if err := policy.Do(context.Background(), operation); !errors.Is(err, ErrTemporary) {
		t.Errorf("got %v, want a temporary failure", err)
	}
	if *calls != 2 || len(waits) != 1 {
		t.Errorf("got %d calls and %d waits, want 2 and 1", *calls, len(waits))
	}
}

func TestALastingFailureIsNotTriedAgain(t *testing.T) {
	denied := errors.New("denied")
	calls := 0
	err := Policy{Attempts: 3}.Do(context.Background(), func(context.Context) error {
		calls++
		return denied
	})
	if !errors.Is(err, denied) || calls != 1 {
		t.Errorf("got %v after %d calls, want one call", err, calls)
	}
}

func TestCancellingEndsTheWait(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	operation, _ := failing(9)
	err := Policy{Attempts: 3, Base: time.Hour, Cap: time.Hour}.Do(ctx, operation)
	if !errors.Is(err, context.Canceled) || !errors.Is(err, ErrTemporary) {
		t.Errorf("got %v, want the failure and the cancellation", err)
	}
}
