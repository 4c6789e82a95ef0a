"""What the notebooks and slides use; a user of the model does not need it."""
