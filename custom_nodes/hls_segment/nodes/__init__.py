"""What of the segment pack knows ComfyUI."""
