"""The engine: ComfyUI as a child or by URL, workflows bound for it, and its simulation."""
