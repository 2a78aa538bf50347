"""Speed of the engine, the encoders and dense search on a GPU: `python -m benchmarks.gpu`."""
