"""The HTTP server: gunicorn's worker whose event loop owns every socket, with Flask in threads behind it."""
