"""Secrets in bytes: the engine that finds them, and what it unwraps first."""

from gitcorpus.secrets.engine import Engine, engine_of, faults_of, keep_rules, rule_state, unique, warm
from gitcorpus.secrets.unwrap import unwrapped

__all__ = ["Engine", "engine_of", "faults_of", "keep_rules", "rule_state", "unique", "unwrapped", "warm"]
