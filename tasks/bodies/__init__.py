"""What each type of task does: one function a type. The worker loads every module that is put here."""
