"""An Alertmanager on its own as a source."""
