"""The application: engine, live loop, web, commands."""
