"""The schema's history; `app.store.operation.migrate` walks it."""
