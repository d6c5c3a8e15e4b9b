"""A policy behind HTTP: it shows, logs the propensity of what it showed, and takes in what that earned.

    pip install -e ".[serve]"
    RLBENCH_POLICY=policy.onnx RLBENCH_LOG=shop-log uvicorn --app-dir examples serve:app

Several policies, `RLBENCH_POLICY=a.onnx,b.onnx`, are told apart by their form. Put it behind your own authentication.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from rlbench_rec.errors import InputError
from rlbench_rec.serving import BodyLimit, DecisionService

seed = os.environ.get("RLBENCH_SEED")
policies = os.environ["RLBENCH_POLICY"].split(",")
service = DecisionService(policies, os.environ["RLBENCH_LOG"], seed=int(seed) if seed else None)
Name = Field(default=None, min_length=1, max_length=200)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    service.close()  # after the last answer, also on SIGTERM


class Recommend(BaseModel, extra="forbid"):
    request: dict[str, Any]
    session_id: str | None = Name
    user_id: str | None = Name
    k: int = Field(default=1, ge=1, le=100)
    form: str | None = Name


class Feedback(BaseModel, extra="forbid"):
    decision_id: str = Field(min_length=1, max_length=200)
    outcomes: dict[str, float] = Field(min_length=1, max_length=20)
    feedback_id: str | None = Name


app = FastAPI(lifespan=lifespan)
app.add_middleware(BodyLimit)


@app.exception_handler(InputError)
@app.exception_handler(RequestValidationError)
async def refuse(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": " ".join(str(error).split())[:500]}, 422)


@app.post("/recommend")
async def recommend(asked: Recommend) -> dict[str, Any]:
    return service.recommend(**dict(asked))


@app.post("/feedback")
async def feedback(earned: Feedback) -> dict[str, str]:
    service.feedback(**dict(earned))
    return {"kept": earned.decision_id}


@app.get("/health")
async def health() -> dict[str, dict[str, str]]:
    return service.health()
