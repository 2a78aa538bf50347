"""How fast the engine, the encoders and dense search are on a GPU: `python -m benchmarks.gpu`."""
