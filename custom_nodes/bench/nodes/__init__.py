"""What of the bench knows ComfyUI."""
