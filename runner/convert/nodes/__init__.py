"""The kinds of nodes: those that the server defines, and those that live in the editor only."""
