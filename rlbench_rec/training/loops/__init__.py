"""Training loops. Each takes an algorithm with its networks made (a `Trainable`) and returns a `Loop`.

`tensor` trains every algorithm by its own updates, fed from tensors on the device. The others train d3rlpy's: `stock`
is its own `fit`, the reference; `lean`, `graph` and `ensemble` have update steps of their own.
"""
