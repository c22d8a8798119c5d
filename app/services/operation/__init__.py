"""Running nagare itself: health, metrics, retention, database copies, secret keys."""
