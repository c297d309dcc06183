"""YAML bytes to typed, linked specs with a place on every value, and paths located in their layout."""
