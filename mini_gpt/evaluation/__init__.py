"""Zero-shot evaluation on the paper's tasks."""
