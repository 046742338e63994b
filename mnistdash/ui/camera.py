"""The camera, or why a browser lends none."""

import io
import ipaddress
import urllib.parse

import streamlit as st


def photograph() -> io.BytesIO | None:
    """Let a person take a photograph and return it; `None` until then."""
    if not is_lent(st.context.url):
        st.info(
            "A browser lends its camera only to pages with https, and this one came without. Choose"
            " Upload instead: on a phone it offers the camera too.",
            icon=":material/no_photography:",
        )
        return None
    return st.camera_input("A photograph of one digit or more", key="camera")


def is_lent(url: str | None) -> bool:
    """Tell whether browsers lend their camera to a page: with https, or from the same machine.

    Args:
        url: of the page; `None` where no browser has told it.

    Source: https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy
    """
    parts = urllib.parse.urlsplit(url or "")
    host = parts.hostname or "localhost"
    if parts.scheme == "https" or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
