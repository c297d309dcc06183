// Package buildorder puts targets into an order in which they can be built.
package buildorder

import (
	"fmt"
	"slices"
	"strings"
)

// CircleError names targets that wait for each other, each followed by one that it needs.
type CircleError struct{ Circle []string }

func (e *CircleError) Error() string {
	return fmt.Sprintf("%s needs %s", strings.Join(e.Circle, " needs "), e.Circle[0])
}

// Order returns every target after all that it needs; ties go to the smallest name.
func Order(needs map[string][]string) ([]string, error) {
	missing := make(map[string]map[string]bool)
	add := func(target string) map[string]bool {
		if missing[target] == nil {
			missing[target] = make(map[string]bool)
		}
		return missing[target]
	}
	for target, names := range needs {
		set := add(target)
		for _, name := range names {
			set[name] = true
			add(name)
		}
	}

	order := make([]string, 0, len(missing))
	for len(missing) > 0 {
		next, found := smallestReady(missing)
		if !found {
			return nil, &CircleError{circle(missing)}
		}
		order = append(order, next)
		delete(missing, next)
		for _, names := range missing {
			delete(names, next)
		}
	}
	return order, nil
}

func smallestReady(missing map[string]map[string]bool) (string, bool) {
	for _, target := range sorted(missing) {
		if len(missing[target]) == 0 {
			return target, true
		}
	}
	return "", false
}

// circle walks along the needs, of which every target has one, until a target comes again.
func circle(missing map[string]map[string]bool) []string {
	var path []string
	for target := sorted(missing)[0]; ; target = sorted(missing[target])[0] {
		if at := slices.Index(path, target); at >= 0 {
			return path[at:]
		}
		path = append(path, target)
	}
}

func sorted[V any](set map[string]V) []string {
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
