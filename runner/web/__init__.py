"""The web side: HTTP, the WebSocket, the page."""
