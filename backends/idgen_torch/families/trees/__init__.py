"""Decision trees as tensors: how they are grown, what they say of rows, and families made of them."""
