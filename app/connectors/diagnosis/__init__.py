"""Says in words what is wrong with the access to a monitor, and where possible which address is right."""
