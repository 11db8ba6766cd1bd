"""The API as the command line calls it: answers are models, errors end the command."""

from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from cli.console import CommandFailed
from models.batches import BatchCancellationResponse, BatchCreationResponse, BatchStatusResponse
from models.errors import FieldError, RequestError, Unauthorized
from models.ids import new_id
from models.templates import Template
from models.wire import OpenWireModel

_TIMEOUT = httpx.Timeout(60.0, connect=5.0)  # seconds
_API_PATH = "/api/v2"

M = TypeVar("M", bound=BaseModel)


class _Problem(OpenWireModel):
    """The body of an error."""

    error: str
    details: list[FieldError] = []


class ApiClient(AbstractContextManager["ApiClient"]):
    """One team's view of an API. `url` is its origin or its base URL.

    Every method raises CommandFailed if the API does not answer or refuses.
    """

    def __init__(self, url: str, token: str) -> None:
        self._origin = url.rstrip("/").removesuffix(_API_PATH)
        self._api = httpx.Client(
            base_url=self._origin + _API_PATH,
            headers={"Authorization": f"Bearer {token}", "User-Agent": "reelbatch-cli"},
            timeout=_TIMEOUT,
        )
        self._files = httpx.Client(timeout=_TIMEOUT, follow_redirects=True)  # signed URLs: no token

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._api.close()
        self._files.close()

    def __enter__(self) -> Self:
        return self

    def submit_batch(self, request: object) -> BatchCreationResponse:
        """A batch of which every job was rejected is an answer too."""
        headers = {"Idempotency-Key": new_id()}
        response = self._send("POST", "/batches", json=request, headers=headers)
        if response.status_code == RequestError.status:
            with suppress(ValidationError):
                return _read(BatchCreationResponse, response.content)
        return _read(BatchCreationResponse, _content(response))

    def batch(self, batch_id: str) -> BatchStatusResponse:
        return _read(BatchStatusResponse, self._get(f"/batches/{batch_id}"))

    def cancel_batch(self, batch_id: str) -> BatchCancellationResponse:
        content = _content(self._send("POST", f"/batches/{batch_id}/cancel"))
        return _read(BatchCancellationResponse, content)

    def templates(self) -> list[Template]:
        return TypeAdapter(list[Template]).validate_json(self._get("/templates"), extra="ignore")

    def template(self, template_id: str) -> Template:
        return _read(Template, self._get(f"/templates/{template_id}"))

    def create_template(self, template_type: str, display_name: str) -> Template:
        body = {"type": template_type, "displayName": display_name}
        return _read(Template, _content(self._send("POST", "/templates", json=body)))

    def upload(self, url: str, method: str, file: Path) -> None:
        with file.open("rb") as content:
            response = self._request(
                self._files,
                method,
                url,
                content=content,
                headers={"Content-Type": "application/octet-stream"},
            )
        _content(response)

    def delete_template(self, template_id: str) -> None:
        _content(self._send("DELETE", f"/templates/{template_id}"))

    def check_token(self) -> None:
        self._get("/jobs?limit=1&minimal=true")

    def download(self, url: str, file: Path) -> None:
        """Write what is at `url` to `file`, which holds all of it or does not exist."""
        draft = file.with_name(f".{file.name}.part")
        try:
            with self._files.stream("GET", url) as response:
                if response.is_error:
                    response.read()
                    _content(response)
                with draft.open("wb") as target:
                    for block in response.iter_bytes():
                        target.write(block)
        except httpx.TransportError as error:
            raise CommandFailed(f"{url} cannot be downloaded: {error}.") from error
        draft.replace(file)

    def _get(self, path: str) -> bytes:
        return _content(self._send("GET", path))

    def _send(self, method: str, path: str, **content: Any) -> httpx.Response:
        return self._request(self._api, method, path, **content)

    def _request(self, http: httpx.Client, method: str, url: str, **content: Any) -> httpx.Response:
        try:
            return http.request(method, url, **content)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise CommandFailed(
                f"The API at {self._origin} does not answer ({error}). "
                "Start it with `reelbatch up`, or name another with --url."
            ) from error


def _read(model: type[M], content: bytes) -> M:
    """A later server may say more than this program knows."""
    return model.model_validate_json(content, extra="ignore")


def _content(response: httpx.Response) -> bytes:
    """The body of an answer. Raises CommandFailed if it is an error."""
    if response.is_success:
        return response.content
    try:
        problem = _Problem.model_validate_json(response.content)
    except ValidationError:
        raise CommandFailed(
            f"The API answered {response.status_code} {response.reason_phrase}."
        ) from None
    details = "".join(f"; {detail.field}: {detail.message}" for detail in problem.details)
    hint = ""
    if response.status_code == Unauthorized.status:
        hint = " Name a valid token with --token or REELBATCH_TOKEN."
    raise CommandFailed(f"{problem.error}{details}{hint}")
