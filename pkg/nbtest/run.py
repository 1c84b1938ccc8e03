"""Drives nbclient and nbconvert for pkg/nbtest, which does all the judging.

Commands arrive on standard input and events leave on standard output, one JSON object a line. What libraries print goes to standard error.
"""

import asyncio
import fcntl
import glob
import json
import os
import queue
import signal
import socket
import struct
import sys
import threading
import time

events = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)


def tell(event, **fields):
    events.write(json.dumps({"event": event, **fields}, ensure_ascii=True) + "\n")
    events.flush()


def raise_loopback():
    """Brings up lo, which a new network namespace starts without: the kernel's sockets need it."""
    SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = struct.pack("16sH14s", b"lo", 0, b"")
        flags = struct.unpack("16sH14s", fcntl.ioctl(s, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sH14s", b"lo", flags | IFF_UP, b""))
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))


async def quiet(client, line, patience):
    """Sends the kernel a line that leaves no trace in the notebook, and waits until it was obeyed."""
    request = client.kc.execute(line, silent=True, store_history=False, allow_stdin=False)
    while True:
        reply = await client.kc.get_shell_msg(timeout=patience)
        if reply["parent_header"].get("msg_id") == request:
            if reply["content"]["status"] != "ok":
                raise RuntimeError(f"the kernel refused {line}: {reply['content'].get('evalue')}")
            return


def program(cell):
    """The program that GoNB made of a cell which complains: positions in stacks are lines of it. It is gone when the kernel ends."""
    if any(o.output_type == "error" or o.get("name") == "stderr" for o in cell.outputs):
        for path in glob.glob(os.path.join(os.environ["TMPDIR"], "gonb_*", "main.go")):
            with open(path, encoding="utf-8") as f:
                return f.read()
    return ""


async def execute(command):
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    with open(command["notebook"], encoding="utf-8") as f:
        notebook = nbformat.reads(f.read(), as_version=4)
    client = NotebookClient(
        notebook,
        kernel_name=command["kernel"],
        timeout=None,  # the caller holds the clock
        startup_timeout=command["patience"],
        iopub_timeout=command["patience"],
        raise_on_iopub_timeout=True,  # an output that has not arrived is a failure, not an absence
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": command["folder"]}},
    )
    begin = time.monotonic()
    client.create_kernel_manager()
    await client.async_start_new_kernel(cwd=command["folder"])
    running.group = getattr(client.km.provisioner, "pgid", None) or client.km.provisioner.pid
    tell("kernel", group=running.group)
    sent = {}

    def send(index, **fields):
        cell = notebook.cells[index]
        outputs = json.dumps(cell.outputs, sort_keys=True)
        if fields or sent.get(index) != outputs:
            sent[index] = outputs
            tell("cell", index=index, outputs=cell.outputs, **fields)

    async with client.async_setup_kernel():
        for line in command["quiet"]:
            await quiet(client, line, command["patience"])
        tell("ready", seconds=time.monotonic() - begin)
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type != "code" or not cell.source.strip():
                continue
            tell("start", index=index)
            begin = time.monotonic()
            status = "ok"
            try:
                await client.async_execute_cell(cell, index)
            except CellExecutionError:
                status = "error"
            except DeadKernelError:
                status = "dead"
            seconds = time.monotonic() - begin
            send(index, status=status, seconds=seconds, program=program(cell))
            if status != "ok":
                break
        for index in sorted(sent):  # a later cell may have updated what an earlier one displays
            send(index)
    tell("executed")


def export(command):
    import nbformat
    from nbconvert import HTMLExporter

    with open(command["notebook"], encoding="utf-8") as f:
        notebook = nbformat.reads(f.read(), as_version=4)
    # RequireJS would come from the network, and what it is there for (widgets) is not in these pages. MathJax too comes from the network, and
    # nbconvert cannot carry it in the page, so that only a page with formulas refers to it; without a network it shows their source.
    mathjax = "" if command["formulas"] else "{% block html_head_js_mathjax %}{% endblock %}"
    template = "{% extends 'lab/index.html.j2' %}{% block html_head_js %}{% endblock %}" + mathjax
    page, _ = HTMLExporter(raw_template=template).from_notebook_node(
        notebook, resources={"metadata": {"name": command["title"]}}
    )
    with open(command["html"], "w", encoding="utf-8") as f:
        f.write(page)
    tell("exported")


class running:
    """What must end when the caller does."""

    busy = False
    group = None  # the process group of the kernel


def listen(commands):
    """Passes commands on. When the caller has gone, even killed, in the middle of one, this process and its kernel go too."""
    for line in sys.stdin:
        commands.put(json.loads(line))
    commands.put(None)
    if running.busy:
        if running.group:
            os.killpg(running.group, signal.SIGKILL)
        os._exit(1)


def main():
    commands = queue.Queue()
    threading.Thread(target=listen, args=[commands], daemon=True).start()
    while command := commands.get():
        running.busy = True
        try:
            if command["do"] == "isolate":
                raise_loopback()
                tell("isolated")
            elif command["do"] == "execute":
                asyncio.run(execute(command))
            elif command["do"] == "export":
                export(command)
            else:
                raise ValueError(f"unknown command {command['do']!r}")
        except Exception as e:
            tell("failed", error=f"{type(e).__name__}: {e}")
            raise
        running.busy = False


main()
