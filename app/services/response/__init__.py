"""What people get and do about alerts: notification channels and their messages."""
