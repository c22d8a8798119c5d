"""`nagare smoke`: the acceptance scenarios, run over HTTP against an instance that is in use."""
