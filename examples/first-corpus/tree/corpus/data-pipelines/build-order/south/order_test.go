package buildorder

import (
	"errors"
	"slices"
	"testing"
)

func TestOrder(t *testing.T) {
	cases := map[string]struct {
		needs map[string][]string
		want  []string
	}{
		"after what it needs": {
			map[string][]string{"app": {"library", "assets"}, "library": {"core"}},
			[]string{"assets", "core", "library", "app"},
		},
		"smallest name first": {
			map[string][]string{"c": nil, "a": nil, "b": {"a"}},
			[]string{"a", "b", "c"},
		},
		"a need said twice": {map[string][]string{"app": {"core", "core"}}, []string{"core", "app"}},
		"nothing":           {nil, []string{}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := Order(c.needs)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %v, %v, want %v", got, err, c.want)
			}
		})
	}
}

func TestNamesACircle(t *testing.T) {
	_, err := Order(map[string][]string{"a": {"b"}, "b": {"c"}, "c": {"b"}})
	var circle *CircleError
	if !errors.As(err, &circle) || !slices.Equal(circle.Circle, []string{"b", "c"}) {
		t.Fatalf("got %v, want the circle of b and c", err)
	}
	if got := err.Error(); got != "b needs c needs b" {
		t.Errorf("got the message %q", got)
	}
}
