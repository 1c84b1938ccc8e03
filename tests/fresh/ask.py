"""Asks a Jupyter server, at the address that it printed, what a browser would: python ask.py ADDRESS loopback|anywhere.

Fails when an answer is wrong. With loopback the server must listen there alone.
"""

import json
import sys
import urllib.error
import urllib.parse
import urllib.request

address = sys.argv[1]
parts = urllib.parse.urlsplit(address)
token = urllib.parse.parse_qs(parts.query)["token"][0]
base = f"http://127.0.0.1:{parts.port}"
# Never by a proxy: the server is on this machine.
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(path, **headers):
    """Returns the status and the text of the answer."""
    try:
        with opener.open(urllib.request.Request(base + path, headers=headers), timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, ""


def listening():
    """Returns the addresses, in hexadecimal, on which this machine listens at the server's port."""
    addresses = []
    for family in ("tcp", "tcp6"):
        try:
            lines = open(f"/proc/net/{family}").read().splitlines()[1:]
        except FileNotFoundError:
            continue
        for line in lines:
            local, state = line.split()[1], line.split()[3]
            host, port = local.split(":")
            if state == "0A" and int(port, 16) == parts.port:
                addresses.append(host)
    return addresses


def must(holds, what):
    print(("ok    " if holds else "FAIL  ") + what)
    if not holds:
        sys.exit(1)


known = {"Authorization": f"token {token}"}
if sys.argv[2] == "loopback":
    must(set(listening()) == {"0100007F"}, "listens on 127.0.0.1 alone")
must(ask("/api/contents")[0] == 403, "refuses who has no token")
status, page = ask(parts.path + "?" + parts.query)
must(status == 200 and "JupyterLab" in page, f"serves JupyterLab at {parts.path}")
status, text = ask("/api/contents", **known)
must(status == 200 and "01_quickstart.ipynb" in [f["name"] for f in json.loads(text)["content"]], "lists the notebooks")
status, text = ask("/api/kernelspecs", **known)
must(status == 200 and "gonb" in json.loads(text)["kernelspecs"], "offers the Go kernel")
