"""The packs: plain modules that the runner imports, and one `nodes.py` each that ComfyUI imports."""
