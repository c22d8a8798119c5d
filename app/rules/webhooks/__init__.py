"""What monitoring systems post to the webhook, one parse function a format; `parse` tells them apart."""
