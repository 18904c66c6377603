"""The CPU portrait talker: one picture, sound and phonemes in, talking frames out."""
