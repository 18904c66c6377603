"""The editor's extension: what of it runs in ComfyUI's process, and below `static/` what runs in the browser."""
