"""What handlers take from the application: the open store and the keys of the serving side."""

from typing import Final

from aiohttp import web

from gateway.crypto.serving import ServingKeys
from gateway.store.database import Store

STORE: Final = web.AppKey("store", Store)
KEYS: Final = web.AppKey("keys", ServingKeys)
