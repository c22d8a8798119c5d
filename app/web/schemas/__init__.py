"""The format of requests and responses, one noun a file."""
