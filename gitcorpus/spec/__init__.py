"""YAML bytes to typed, linked specs, with a place on every value. Knows neither git nor gates."""
