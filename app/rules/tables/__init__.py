"""Tables as text for spreadsheets."""
