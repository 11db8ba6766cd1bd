"""GET /docs: the OpenAPI document as a web page, which loads nothing from other servers.

GET /openapi-3.0.json: the document in an older version of OpenAPI.
"""

import json
from functools import lru_cache
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from api.http.responses import json_response
from api.openapi.version_3_0 import as_3_0

router = APIRouter(include_in_schema=False)

_ASSETS = "/docs/assets"
_PAGE = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Reelbatch</title>
<link rel="icon" href="{_ASSETS}/favicon-32x32.png">
<link rel="stylesheet" href="{_ASSETS}/swagger-ui.css">
</head>
<body>
<div id="reference" data-document="/openapi.json"></div>
<script src="{_ASSETS}/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
# A separate file, since the policy below forbids inline scripts.
_START = """const reference = document.getElementById("reference");
SwaggerUIBundle({
  url: reference.dataset.document,
  domNode: reference,
  deepLinking: true,
  validatorUrl: null,
});
"""
# Swagger UI sets inline styles, and its style sheet contains pictures as data URLs.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


@router.get("/docs")
async def get_page() -> Response:
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY})


@router.get("/docs/start.js")
async def get_start() -> Response:
    return Response(_START, media_type="text/javascript")


@router.get("/openapi-3.0.json")
async def get_older_document(request: Request) -> Response:
    return json_response(_older_document(request.app))


@lru_cache(maxsize=1)
def _older_document(app: FastAPI) -> str:
    """Built once, because no routes are added after an application's first request."""
    return json.dumps(as_3_0(app.openapi()))


def add_docs_page(app: FastAPI) -> None:
    assets: list[Any] = [("fastapi_swagger", "resources")]  # a package and its folder
    app.include_router(router)
    app.mount(_ASSETS, StaticFiles(packages=assets))
