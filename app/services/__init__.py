"""The use cases: each owns its transactions and knows neither Flask nor Celery."""
