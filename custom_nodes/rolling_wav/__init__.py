"""The pack around OnAirWindow: a turn's sound in overlapping windows."""
