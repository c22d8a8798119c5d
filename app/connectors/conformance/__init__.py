"""The conformance test: what `nagare connector test` requires of any connector, run against a real source."""
