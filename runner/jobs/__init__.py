"""Batch work over the windows that the live loop renders: a whole sound becomes one MP4, and goes on after a crash."""
