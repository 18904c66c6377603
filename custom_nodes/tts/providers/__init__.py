"""One provider a file; `registry.py` knows their names."""
