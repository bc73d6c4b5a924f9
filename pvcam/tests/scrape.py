"""Runs framegrab and scrapes it while frames come, as Prometheus does, with its own parser: every answer
parses, no counter falls, and the last one, after the last frame, says what the summary says. A
client that connects and never asks, one that never reads, and one that announces a body without end do not
slow the frames, nor keep the program from ending.

Usage: scrape.py FRAMEGRAB        needs prometheus-client
"""

import json
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from prometheus_client.openmetrics.parser import text_string_to_metric_families


def scrape(address):
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as answer:
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
        text = answer.read().decode()
    families = list(text_string_to_metric_families(text))
    assert all(family.documentation for family in families)
    samples = [sample for family in families for sample in family.samples]
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for s in samples}


command = [sys.argv[1], "--frames", "400", "--json", "--metrics", "127.0.0.1:0"]
command += ["--metrics-linger", "2"]
run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
address = re.match(r"serving http://(\S+)/metrics", run.stderr.readline()).group(1)
host, port = address.rsplit(":", 1)
silent = socket.create_connection((host, int(port)))
deaf = socket.create_connection((host, int(port)))
deaf.sendall(b"GET /metrics HTTP/1.1\r\nHost: framepool\r\n\r\n" * 200)
greedy = socket.create_connection((host, int(port)))
greedy.sendall(b"POST /metrics HTTP/1.1\r\nContent-Length: 9999999999999999\r\n\r\nabc")

scrapes = []
while run.poll() is None:
    try:
        scrapes.append(scrape(address))
        with urllib.request.urlopen(f"http://{address}/health", timeout=5) as answer:
            assert answer.status == 200, answer.status
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        # The server has gone with the run, or is about to.
        break
    time.sleep(0.1)
output, _ = run.communicate(timeout=60)
summary = json.loads(output)

assert len(scrapes) >= 10, f"{len(scrapes)} scrapes"
for before, after in zip(scrapes, scrapes[1:]):
    for key, value in before.items():
        if key[0].endswith(("_total", "_count", "_bucket", "_sum")):
            assert after[key] >= value, f"{key} fell from {value} to {after[key]}"
last = scrapes[-1]
equals = {
    ("frames_seen", ()): summary["seen"],
    ("frames_lost", ()): summary["lost"],
    ("frames_delivered", (("buffer", "pool"),)): summary["delivered"]["pooled"],
    ("frames_delivered", (("buffer", "heap"),)): summary["delivered"]["heap"],
    ("frames_dropped", (("cause", "pool_exhausted"),)): summary["dropped"]["exhausted"],
    ("frames_dropped", (("cause", "timeout"),)): summary["dropped"]["timeout"],
    ("frames_dropped", (("cause", "channel_full"),)): summary["dropped"]["channel_full"],
    ("frames_dropped", (("cause", "stopped"),)): summary["dropped"]["closed"],
}
for (name, labels), expected in equals.items():
    served = last[f"framepool_{name}_total", labels]
    assert served == expected, f"{name} {dict(labels)}: {served} served, {expected} in the summary"
assert summary["seen"] == 400, summary
assert summary["lost"] == 0 and summary["heap_allocations_per_frame"] == 0, summary
assert summary["page_faults_per_frame"] == 0, summary
print(f"{len(scrapes)} scrapes, the last equal to the summary of {summary['seen']} frames")
