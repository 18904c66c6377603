"""The live loop: channels, sessions, turns, and when each part is due."""
