"""Running nagare itself: health, metrics, retention, copies of the database, secret keys."""
