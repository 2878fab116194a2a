"""The AsyncAPI 3.0 document: the events, and the four ways in which they reach a reader."""

from importlib.metadata import version
from typing import Any, Final

from gateway.web.schemas import Schema, event_components

_EVENT: Final = "application/cloudevents+json"
_BATCH: Final = "application/cloudevents-batch+json"
_MOST_IN_A_BATCH: Final = 100
_HTTP: Final = {"bindingVersion": "0.3.0"}
_CORRELATED: Final = {
    "description": "The run that made the event.",
    "location": "$message.payload#/correlationid",
}
_HEADERS: Final[Schema] = {
    "type": "object",
    "properties": {
        "webhook-id": {
            "type": "string",
            "description": "The same at every attempt of a delivery: what came before is known by it.",
        },
        "webhook-timestamp": {
            "type": "string",
            "pattern": "^[0-9]+$",
            "description": "Seconds since 1970 at which this attempt was signed; refuse what is 5 min off.",
        },
        "webhook-signature": {
            "type": "string",
            "pattern": "^v1a?,[A-Za-z0-9+/=]+( v1a?,[A-Za-z0-9+/=]+)*$",
            "description": (
                "Signatures of `id.timestamp.body`, with a space between: `v1` is HMAC-SHA256 under the "
                "subscription's secret, `v1a` is Ed25519. One that verifies is enough (Standard Webhooks)."
            ),
        },
    },
    "required": ["webhook-id", "webhook-timestamp", "webhook-signature"],
}
_SIGNED: Final[Schema] = {
    "type": "string",
    "pattern": r"^[A-Za-z0-9_-]+\.\.[A-Za-z0-9_-]+$",
    "description": (
        "The gateway's own signature of the body as it was stored: a detached JWS (RFC 7515, RFC 7797), "
        "Ed25519, by a key of `/.well-known/jwks.json`; left out where events are not signed."
    ),
}
_SECURITY: Final = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token with the scope `events:read`.",
    },
    "certificate": {
        "type": "X509",
        "description": "A client certificate, where one is asked for; beside the token.",
    },
}


def asyncapi(type_prefix: str) -> dict[str, Any]:
    """The document; `type_prefix` is what the type of every event begins with."""
    components = event_components(type_prefix)
    mapping = components.pop("Event")["discriminator"]["mapping"]
    names = [type_.removeprefix(type_prefix) for type_ in mapping]
    events = {name: _event(name, type_prefix + name, components[name]) for name in names}
    return {
        "asyncapi": "3.0.0",
        "info": _info(),
        "defaultContentType": _EVENT,
        "servers": _servers(),
        "channels": _channels(names),
        "operations": _operations(names),
        "components": {
            "schemas": dict(sorted((components | _batches(names)).items())),
            "messages": events | {f"delivered.{name}": _delivered(each) for name, each in events.items()},
            "securitySchemes": _SECURITY,
        },
    }


def _info() -> dict[str, Any]:
    return {
        "title": "Certification gateway: events",
        "version": version("certification-gateway"),
        "description": (
            "CloudEvents 1.0 in structured JSON; every channel sends the very bytes that were stored. Order "
            "is kept per benefit (`partitionkey`), `sequence` counts without gaps. A delivery may come "
            "twice: `id` names the event. What is asked over HTTP is in `/openapi.json`."
        ),
        "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        "tags": [{"name": "events", "description": "What was found, in order."}],
    }


def _servers() -> dict[str, Any]:
    return {
        "gateway": {
            "host": "{gateway}",
            "protocol": "https",
            "description": "The gateway, for those who ask.",
            "variables": {"gateway": {"default": "127.0.0.1:8080", "description": "Where it listens."}},
            "security": [_ref("securitySchemes", "token")],
        },
        "receiver": {
            "host": "{receiver}",
            "protocol": "https",
            "description": "A subscriber's own server, as its subscription names it.",
            "variables": {"receiver": {"default": "receiver.example", "description": "Host of the sink."}},
        },
    }


def _channels(names: list[str]) -> dict[str, Any]:
    single = {name: _ref("messages", name) for name in names}
    delivered = {name: _ref("messages", f"delivered.{name}") for name in names}
    asked = {"servers": [{"$ref": "#/servers/gateway"}]}
    sent = {"address": None, "servers": [{"$ref": "#/servers/receiver"}]}
    return {
        "feed": {
            "address": "/v1/events",
            "title": "Pull",
            "description": "Pages by cursor, with a wait for what is not there yet.",
            "messages": {"ask": {"payload": {"type": "null"}, "name": "ask"}, "page": _page()},
            **asked,
        },
        "stream": {
            "address": "/v1/events/stream",
            "title": "Server-sent events",
            "description": "One event a message, its cursor as `id`; resumed by `Last-Event-ID`.",
            "messages": single,
            **asked,
        },
        "webhook": {
            "title": "Webhook",
            "description": "One event a request to the URL of a subscription.",
            "messages": delivered,
            **sent,
        },
        "webhookBatch": {
            "title": "Webhook in batches",
            "description": f"Up to {_MOST_IN_A_BATCH} events a request, where the subscription asks for it.",
            "messages": {"batch": _batch()},
            **sent,
        },
    }


def _operations(names: list[str]) -> dict[str, Any]:
    get = {"bindings": {"http": {"method": "GET", **_HTTP}}, "security": [_ref("securitySchemes", "token")]}
    post = {"bindings": {"http": {"method": "POST", **_HTTP}}}
    pull = _operation("receive", "feed", ["ask"], "A reader asks for the events behind a cursor.")
    reply = {
        "channel": {"$ref": "#/channels/feed"},
        "messages": [{"$ref": "#/channels/feed/messages/page"}],
    }
    return {
        "pull": pull | get | {"reply": reply},
        "stream": _operation("send", "stream", names, "Events as they are let out.") | get,
        "deliver": _operation("send", "webhook", names, "An event, tried until it is taken.") | post,
        "deliverBatch": _operation("send", "webhookBatch", ["batch"], "Events in order, as one.") | post,
    }


def _operation(action: str, channel: str, messages: list[str], told: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": told,
        "description": told,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in messages],
    }


def _event(name: str, type_: str, schema: Schema) -> dict[str, Any]:
    return {
        "name": type_,
        "title": schema["title"],
        "summary": schema["description"],
        "contentType": _EVENT,
        "correlationId": _CORRELATED,
        "payload": _ref("schemas", name),
    }


def _delivered(event: dict[str, Any]) -> dict[str, Any]:
    headers = _HEADERS | {"properties": {**_HEADERS["properties"], "X-JWS-Signature": _SIGNED}}
    return event | {"headers": headers, "bindings": {"http": {"headers": headers, **_HTTP}}}


def _page() -> dict[str, Any]:
    return {
        "name": "page",
        "title": "A page of events",
        "contentType": "application/json",
        "payload": _ref("schemas", "EventPage"),
    }


def _batch() -> dict[str, Any]:
    return {
        "name": "batch",
        "title": "A batch of events",
        "contentType": _BATCH,
        "headers": _HEADERS,
        "bindings": {"http": {"headers": _HEADERS, **_HTTP}},
        "payload": _ref("schemas", "EventBatch"),
    }


def _batches(names: list[str]) -> dict[str, Schema]:
    any_of_them = {"oneOf": [_ref("schemas", name) for name in names]}
    events = {"type": "array", "items": any_of_them}
    page = {"type": "object", "properties": {"events": events, "next": {"type": "string"}}}
    return {
        "EventBatch": events | {"minItems": 1, "maxItems": _MOST_IN_A_BATCH},
        "EventPage": page | {"required": ["events", "next"]},
    }


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}
