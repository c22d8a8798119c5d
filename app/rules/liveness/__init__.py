"""When a source, a heartbeat or an alert has been silent for too long."""
