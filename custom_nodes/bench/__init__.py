"""For measuring: InfiniteTalk with random weights, and what the device says. Registered only in the bench's ComfyUI."""
