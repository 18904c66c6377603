"""The steps behind install.py: standard library only, outside the three rings, imported by nothing else."""
