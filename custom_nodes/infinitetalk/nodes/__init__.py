"""What of the InfiniteTalk pack knows ComfyUI."""
