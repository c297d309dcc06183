"""Secrets that reached the server: incidents, and the sealed values that wait to be revoked."""

from gitcorpus.incidents.keys import make_worker_keys, server_key
from gitcorpus.incidents.store import Due, Incidents, Reported

__all__ = ["Due", "Incidents", "Reported", "make_worker_keys", "server_key"]
