"""Redis, RabbitMQ and publishing."""
