"""`GET /v1/models` and `POST /v1/embeddings` in OpenAI's protocol."""

import base64
from typing import Any

from fastapi import APIRouter

from api.http.dependencies import Bounded, Served
from api.http.identity.callers import Searching
from api.http.openai.wire import MODEL, EmbeddingRequest, check_model
from core.errors import InputError
from llm.embedding.embedder import Vectors

router = APIRouter(prefix="/v1")


@router.get("/models")
def models(app: Served, caller: Searching) -> dict[str, Any]:
    """List what answers questions, and the embedder in force."""
    names = (MODEL, app.indexes.embedder.model_id)
    entries = [{"id": name, "object": "model", "created": 0, "owned_by": MODEL} for name in names]
    return {"object": "list", "data": entries}


@router.post("/embeddings")
async def embeddings(body: EmbeddingRequest, app: Served, gate: Bounded, caller: Searching) -> dict[str, Any]:
    """Embed texts with the embedder in force."""
    embedder = app.indexes.embedder
    check_model(body.model, MODEL, embedder.model_id)
    if body.dimensions not in {None, embedder.dimension}:
        raise InputError(f"dimensions: this embedder gives {embedder.dimension}; leave the key out")
    vectors = await gate.run(embedder.embed, body.texts)
    used = sum(embedder.tokenizer.count(body.texts))
    return {
        "object": "list",
        "model": embedder.model_id,
        "data": [
            {"object": "embedding", "index": place, "embedding": one}
            for place, one in enumerate(_written(vectors, body.encoding_format == "base64"))
        ],
        "usage": {"prompt_tokens": used, "total_tokens": used},
    }


def _written(vectors: Vectors, as_base64: bool) -> list[Any]:
    """Return each vector as a list of numbers, or its little-endian float32 bytes in base64."""
    if not as_base64:
        written: list[Any] = vectors.tolist()
        return written
    return [base64.b64encode(row.astype("<f4").tobytes()).decode() for row in vectors]
