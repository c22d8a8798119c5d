"""The schema's history; `app.store.migrate` walks it."""
