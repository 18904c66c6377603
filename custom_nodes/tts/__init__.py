"""Text to speech: providers, and what all of them share."""
