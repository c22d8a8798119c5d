"""The mapping of a monitor of type `http_json`: which JSON it requests, and what the records in it are."""
