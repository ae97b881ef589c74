"""Shared access signatures, made as Azure's documentation shows it."""

import base64
import hashlib
import hmac
import urllib.parse


def signature(uri, rule, key, expiry):
    resource = urllib.parse.quote_plus(uri)
    text = f"{resource}\n{int(expiry)}"
    code = hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()
    sig = urllib.parse.quote(base64.b64encode(code))
    return (
        f"SharedAccessSignature sr={resource}&sig={sig}&se={int(expiry)}"
        f"&skn={urllib.parse.quote(rule)}"
    )
