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
from pydantic import BaseModel, ConfigDict, Field
from starlette.types import ASGIApp, Receive, Scope, Send

from rlbench_rec.errors import InputError
from rlbench_rec.serving import DecisionLog, ServedPolicy

MOST_BYTES, MOST_EVENTS, Name = 1_000_000, 2_000, Field(default=None, min_length=1, max_length=200)
seed = os.environ.get("RLBENCH_SEED")
paths = os.environ["RLBENCH_POLICY"].split(",")
policies = {policy.form: policy for policy in (ServedPolicy(path, seed=int(seed) if seed else None) for path in paths)}
log = DecisionLog(os.environ["RLBENCH_LOG"])


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    log.close()  # after the last answer, also on SIGTERM


class Recommend(BaseModel):
    model_config = ConfigDict(extra="forbid")
    request: dict[str, Any]
    session_id: str | None = Name
    user_id: str | None = Name
    k: int = Field(default=1, ge=1, le=100)
    form: str = next(iter(policies))


class Feedback(BaseModel):
    model_config = ConfigDict(extra="forbid")
    decision_id: str = Field(min_length=1, max_length=200)
    outcomes: dict[str, float] = Field(min_length=1, max_length=20)
    feedback_id: str | None = Name


app = FastAPI(lifespan=lifespan)


class Limit:
    """Refuses a body before any of it is read."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] != "GET":
            size = dict(scope["headers"]).get(b"content-length", b"")
            if not size.isdigit() or int(size) > MOST_BYTES:
                detail = f"A body of at most {MOST_BYTES} bytes, with its length."
                return await JSONResponse({"detail": detail}, 413)(scope, receive, send)
        await self.app(scope, receive, send)


app.add_middleware(Limit)


@app.exception_handler(InputError)
@app.exception_handler(RequestValidationError)
async def refuse(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": " ".join(str(error).split())[:500]}, 422)


@app.post("/recommend")
async def recommend(asked: Recommend) -> dict[str, Any]:
    if asked.form not in policies:
        raise InputError(f"Unknown form '{asked.form}'.", where="form", hint=f"Served are: {', '.join(policies)}.")
    events = asked.request.get("events")
    if isinstance(events, list) and len(events) > MOST_EVENTS:
        raise InputError(f"More than {MOST_EVENTS} events.", where="request.events", hint="Send the last, and step.")
    shown = policies[asked.form].recommend(asked.request, k=asked.k)
    ids = log.record(policies[asked.form], shown, asked.session_id, asked.user_id)
    return {"actions": shown.actions, "propensities": shown.propensities, "decision_ids": ids}


@app.post("/feedback")
async def feedback(earned: Feedback) -> dict[str, str]:
    log.feedback(earned.decision_id, earned.outcomes, earned.feedback_id)
    return {"kept": earned.decision_id}


@app.get("/health")
async def health() -> dict[str, dict[str, str]]:
    return {"policies": {form: policy.sha256 for form, policy in policies.items()}}
