"""Training, on a laptop or a cluster: text to tokens, batches, the loop, the optimizer, checkpoints, processes."""
