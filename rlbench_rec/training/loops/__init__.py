"""Training loops. Each takes d3rlpy's algorithm with its networks made and returns a `Loop`.

`stock` is the reference; `tensor` feeds the same updates from tensors on the device; `lean` and `ensemble` have update
steps of their own.
"""
