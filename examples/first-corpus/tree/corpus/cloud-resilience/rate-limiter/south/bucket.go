// Package bucket limits how often something may happen.
package bucket

import (
	"fmt"
	"sync"
	"time"
)

// Bucket is a token bucket. It is safe for use from several goroutines.
type Bucket struct {
	capacity float64
	rate     float64
	now      func() time.Time

	mu     sync.Mutex
	tokens float64
	seen   time.Time
}

// New makes a full bucket that holds capacity tokens and gains rate tokens a second.
func New(capacity, rate float64, now func() time.Time) (*Bucket, error) {
	if capacity < 1 || rate <= 0 {
		return nil, fmt.Errorf("bucket: capacity %g and rate %g allow nothing", capacity, rate)
	}
	return &Bucket{capacity: capacity, rate: rate, now: now, tokens: capacity, seen: now()}, nil
}

// Allow takes a token and reports whether there was one.
func (b *Bucket) Allow() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if gone := now.Sub(b.seen); gone > 0 {
		b.tokens = min(b.capacity, b.tokens+gone.Seconds()*b.rate)
		b.seen = now
	}
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
