"""What describes the gateway to whoever finds it: the two contracts, and a page to try them on.

The page fetches nothing from elsewhere: its script and its style are Swagger UI as a package brings it.
"""

import asyncio
import json
from collections.abc import Mapping
from functools import lru_cache
from html import escape
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from gateway.settings import EventSettings
from gateway.web.asking import STATION, reply_bytes
from gateway.web.asyncapi import asyncapi
from gateway.web.openapi import PAGES, openapi
from gateway.web.operations import OPERATIONS as SERVED
from gateway.web.operations import Operation

_VIEWER: Final = "mkdocs-swagger-ui-tag"
_ASSETS: Final[Mapping[str, tuple[str, str]]] = {
    "swagger-ui.css": ("mkdocs_swagger_ui_tag/swagger-ui/stylesheets/swagger-ui.css", "text/css"),
    "swagger-ui-bundle.js": (
        "mkdocs_swagger_ui_tag/swagger-ui/javascripts/swagger-ui-bundle.js",
        "text/javascript",
    ),
}
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="operations"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/show.js"></script>
</body>
</html>
"""
_SHOW: Final = b"""SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#operations",
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
});
"""
_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def as_text(document: Mapping[str, Any]) -> str:
    """A document as it is served and kept: the same for the same operations."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


async def openapi_json(request: web.Request) -> web.Response:
    """What can be asked of this gateway: its OpenAPI 3.1 document."""
    served = tuple(dict.fromkeys(request.app[SERVED].values()))
    return reply_bytes(await asyncio.to_thread(_openapi, served, _prefix(request)))


async def asyncapi_json(request: web.Request) -> web.Response:
    """What this gateway sends: its AsyncAPI 3.0 document."""
    return reply_bytes(await asyncio.to_thread(_asyncapi, _prefix(request)))


async def docs(request: web.Request) -> web.Response:
    """The operations as a page to read and to try."""
    del request
    page = _PAGE.format(title=escape("Certification gateway: HTTP API"))
    return web.Response(text=page, content_type="text/html", headers=_HEADERS)


async def asset(request: web.Request) -> web.Response:
    """A script or a style of the page."""
    name = request.match_info["file"]
    if name == "show.js":
        return web.Response(body=_SHOW, content_type="text/javascript", headers=_HEADERS)
    if name not in _ASSETS:
        raise web.HTTPNotFound(text="the page has no such file")
    content = await asyncio.to_thread(_read, name)
    return web.Response(body=content, content_type=_ASSETS[name][1], charset="utf-8", headers=_HEADERS)


def _prefix(request: web.Request) -> str:
    station = request.app.get(STATION)
    settings = station.settings.gateway.events if station else EventSettings()
    return settings.type_prefix


@lru_cache(maxsize=2)
def _openapi(served: tuple[Operation, ...], type_prefix: str) -> bytes:
    return as_text(openapi(served, type_prefix)).encode()


@lru_cache(maxsize=2)
def _asyncapi(type_prefix: str) -> bytes:
    return as_text(asyncapi(type_prefix)).encode()


@lru_cache(maxsize=len(_ASSETS))
def _read(name: str) -> bytes:
    # found by its place and not by import: the package's own code, for another tool, is never run
    return Path(str(distribution(_VIEWER).locate_file(_ASSETS[name][0]))).read_bytes()


OPERATIONS: Final = (
    Operation("GET", "/openapi.json", openapi_json, None, "contract", answer=dict[str, Any]),
    Operation("GET", "/asyncapi.json", asyncapi_json, None, "contract", answer=dict[str, Any]),
    Operation("GET", "/docs", docs, None, PAGES, media="text/html"),
    Operation("GET", "/docs/{file}", asset, None, PAGES, media="*/*", refuses=(404,)),
)
