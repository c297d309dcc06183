"""What is good enough: one gate a file, each a pure function of what it reads and its declaration."""
