"""Runs a notebook as JupyterLab does: python execute.py ADDRESS NOTEBOOK

ADDRESS is what the server prints, with its token. Over the server's own protocol, a session is opened on the notebook that it serves, and its
cells are executed one after the other by the kernel of that session, until a cell fails. Fails unless every cell ends well, charts are shown
where the saved notebook has them, and the cells tagged key-numbers print what is saved there. Without the token, and with a wrong one,
neither the notebook nor the kernel may be reached.
"""

import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

import websocket

address, path = sys.argv[1:]
parts = urllib.parse.urlsplit(address)
token = urllib.parse.parse_qs(parts.query)["token"][0]
# Never by a proxy: the server is on this machine.
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
seconds = 600  # that all cells may take together


def must(holds, what):
    print(("ok    " if holds else "FAIL  ") + what, flush=True)
    if not holds:
        sys.exit(1)


def ask(method, path, body=None, token=token):
    """Returns the status and the answer."""
    request = urllib.request.Request(f"http://{parts.netloc}{path}", method=method, data=body and json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"token {token}")
    try:
        with opener.open(request, timeout=60) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as refusal:
        return refusal.code, None


def channels(kernel, token):
    """Returns a connection to the kernel, or the status of the refusal."""
    query = urllib.parse.urlencode({"session_id": uuid.uuid4().hex, **({"token": token} if token else {})})
    try:
        return websocket.create_connection(f"ws://{parts.netloc}/api/kernels/{kernel}/channels?{query}", timeout=60, http_no_proxy=["*"])
    except websocket.WebSocketBadStatusException as refusal:
        return refusal.status_code


def execute(connection, source):
    """Runs a cell. Returns what it printed, the kinds of what it showed, and how it ended."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "username": "", "session": uuid.uuid4().hex, "version": "5.3",
              "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    content = {"code": source, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False, "stop_on_error": True}
    connection.send(json.dumps({"channel": "shell", "header": header, "parent_header": {}, "metadata": {}, "content": content, "buffers": []}))
    printed, shown, failed, reply, idle = "", [], "", None, False
    while reply is None or not idle:
        connection.settimeout(max(1, deadline - time.monotonic()))
        message = json.loads(connection.recv())
        if message["parent_header"].get("msg_id") != header["msg_id"]:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "stream" and content["name"] == "stdout":
            printed += content["text"]
        elif kind == "display_data":
            shown.append(set(content["data"]))
        elif kind == "error":
            failed = "\n".join([content["ename"] + ": " + content["evalue"], *content["traceback"]])
        elif kind == "execute_reply":
            reply = content["status"]
        elif kind == "status":
            idle = content["execution_state"] == "idle"
    return printed, shown, failed or ("" if reply == "ok" else reply)


must(ask("GET", "/api/contents/" + path, token=None)[0] == 403, "refuses the notebook without a token")
must(ask("GET", "/api/contents/" + path, token="0" * len(token))[0] == 403, "refuses the notebook with a wrong token")
status, model = ask("GET", "/api/contents/" + path)
must(status == 200, "serves the notebook")
cells = [c for c in model["content"]["cells"] if c["cell_type"] == "code"]
must(all(c["metadata"].get("trusted") for c in cells), "trusts its charts")

before = time.monotonic()
deadline = before + seconds
body = {"path": path, "name": path, "type": "notebook", "kernel": {"name": model["content"]["metadata"]["kernelspec"]["name"]}}
must(ask("POST", "/api/sessions", body, token=None)[0] == 403, "starts no kernel without a token")
status, session = ask("POST", "/api/sessions", body)
must(status == 201, "starts a kernel")
kernel = session["kernel"]["id"]
must(channels(kernel, None) == 403, "refuses the kernel without a token")
connection = channels(kernel, token)

first, charts = None, 0
for number, cell in enumerate(cells, 1):
    printed, shown, failed = execute(connection, cell["source"])
    first = first or time.monotonic() - before
    if failed:
        must(False, f"cell {number}: {failed}")
    pictures = [s for s in shown if {"image/png", "text/html"} <= s]
    saved = [o["data"] for o in cell["outputs"] if o["output_type"] == "display_data"]
    if len(pictures) != len([d for d in saved if {"image/png", "text/html"} <= set(d)]):
        must(False, f"cell {number} shows {len(pictures)} charts; the saved notebook has another number")
    charts += len(pictures)
    if "key-numbers" in cell["metadata"].get("tags", []):
        was = "".join(o["text"] for o in cell["outputs"] if o["output_type"] == "stream")
        must(printed == was and was.strip() != "", f"cell {number} prints the key numbers that are saved:")
        print("".join(f"        {line}\n" for line in printed.splitlines()), end="", flush=True)
must(charts > 0, f"runs all {len(cells)} cells in {time.monotonic() - before:.0f} s, the first, with the start of the kernel, in {first:.0f} s; {charts} charts")
# An error in a cell must be told from success, or none of the above says anything.
must("undefined: nonsense" in execute(connection, "%%\nnonsense()")[2], "tells a cell that fails")
connection.close()
