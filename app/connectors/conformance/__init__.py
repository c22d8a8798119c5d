"""The conformance test that `nagare connector test` runs against any connector and a real source."""
