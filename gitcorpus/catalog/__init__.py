"""A snapshot, its history and its verdicts as values and as SQL tables that views select from."""
