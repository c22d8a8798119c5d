"""Users, sign-in, API tokens and the audit trail."""
