package bucket

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

type clock struct{ at time.Time }

func (c *clock) now() time.Time          { return c.at }
func (c *clock) pass(span time.Duration) { c.at = c.at.Add(span) }

func taken(b *Bucket, most int) int {
	n := 0
	for n < most && b.Allow() {
		n++
	}
	return n
}

func TestRefillsWithTimeAndNeverBeyondTheCapacity(t *testing.T) {
	c := &clock{at: time.Unix(0, 0)}
	b, err := New(3, 2, c.now)
	if err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		pass time.Duration
		want int
	}{{0, 3}, {0, 0}, {500 * time.Millisecond, 1}, {time.Hour, 3}}
	for i, step := range steps {
		c.pass(step.pass)
		if got := taken(b, 10); got != step.want {
			t.Errorf("step %d: got %d tokens, want %d", i, got, step.want)
		}
	}
}

func TestGoroutinesShareTheTokens(t *testing.T) {
	c := &clock{at: time.Unix(0, 0)}
	b, err := New(100, 1, c.now)
	if err != nil {
		t.Fatal(err)
	}
	var allowed atomic.Int64
	var group sync.WaitGroup
	for range make([]struct{}, 8) {
		group.Add(1)
		go func() {
			defer group.Done()
			allowed.Add(int64(taken(b, 50)))
		}()
	}
	group.Wait()
	if allowed.Load() != 100 {
		t.Errorf("got %d tokens, want 100", allowed.Load())
	}
}

func TestRefusesABucketThatAllowsNothing(t *testing.T) {
	for _, c := range []struct{ capacity, rate float64 }{{0, 1}, {1, 0}, {1, -1}} {
		if _, err := New(c.capacity, c.rate, time.Now); err == nil {
			t.Errorf("capacity %g and rate %g: got no error", c.capacity, c.rate)
		}
	}
}
