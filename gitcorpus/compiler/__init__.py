"""The passes from a catalog to a published release: select, render, trace, seal, publish, and verify."""
