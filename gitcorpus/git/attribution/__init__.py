"""Which commit, path and line every line of a file came from, as `git blame` says, for whole trees at once."""
