// Package retry calls an operation again while its failures are temporary.
package retry

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrTemporary marks a failure that is worth another attempt; wrap it with %w.
var ErrTemporary = errors.New("temporary failure")

// Policy says how often to try and how long to wait in between.
type Policy struct {
	Attempts int
	Base     time.Duration
	Cap      time.Duration
	// Sleep waits, or returns early with the context's error. Nil means real time.
	Sleep func(context.Context, time.Duration) error
}

// Do calls operation until it succeeds, fails for good, or the attempts are used up.
func (p Policy) Do(ctx context.Context, operation func(context.Context) error) error {
	if p.Attempts < 1 {
		return fmt.Errorf("retry: attempts must be at least 1, not %d", p.Attempts)
	}
	sleep := p.Sleep
	if sleep == nil {
		sleep = realSleep
	}
	wait := min(p.Base, p.Cap)
	for attempt := 1; ; attempt++ {
		err := operation(ctx)
		if err == nil || !errors.Is(err, ErrTemporary) || attempt == p.Attempts {
			return err
		}
		if cancelled := sleep(ctx, wait); cancelled != nil {
			return errors.Join(err, cancelled)
		}
		wait = min(wait*2, p.Cap)
	}
}

func realSleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
