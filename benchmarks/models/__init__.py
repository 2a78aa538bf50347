"""Measures embedders and rerankers side by side on the public sets, outside the product's own search."""
