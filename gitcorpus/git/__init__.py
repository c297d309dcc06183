"""The one door to git: quarantine-aware open, snapshots, changes, history, receive and attribution.

Objects are read in this process through libgit2; what only git itself knows exactly, its blame, is asked of
git. Nothing here writes to a repository.
"""
