"""The HTTP server: a gunicorn worker whose event loop owns every socket, with Flask in threads behind it."""
