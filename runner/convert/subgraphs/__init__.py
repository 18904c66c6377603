"""Subgraphs: their inside, their border, their instances, and the widgets that an instance shows."""
