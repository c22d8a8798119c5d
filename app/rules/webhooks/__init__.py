"""Parsers for webhook bodies, one function per format; `parse` detects the format."""
