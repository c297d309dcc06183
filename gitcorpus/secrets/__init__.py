"""Secrets in bytes: the engine that finds them, and what it unwraps first. Importing this imports none of it."""
