"""What sources say of alerts, what becomes of it, what is quiet, and the health score."""
