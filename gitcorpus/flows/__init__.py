"""The flows as tables of contents. They print nothing and decide nothing that a lower floor can decide."""
