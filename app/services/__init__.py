"""The use cases: each owns its transaction and knows neither Flask nor Celery."""
