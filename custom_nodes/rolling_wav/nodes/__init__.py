"""What of the window pack knows ComfyUI."""
