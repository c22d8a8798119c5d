"""Validates the URLs in settings in the way the libraries that use them parse them."""
