"""Runs framegrab with its page, and looks at that and at the report with a browser, as people do: the picture changes,
the numbers are those of /metrics, a narrow window needs no scrolling to the side, nothing is said on the console, and
what has become of the run is said. A hundred other clients that want pictures and numbers without a pause, and some
that never read what they get, cost no frame.

Usage: page.py FRAMEGRAB [FOLDER]    needs selenium, prometheus-client, chromium and its driver; pictures of the page
                                     are left in FOLDER
"""

import atexit
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from prometheus_client.openmetrics.parser import text_string_to_metric_families
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

FRAMES, CLIENTS, DEAF, TABS = 1000, 100, 8, 3
# Numbers that differ, so that none is taken for another: losses and drops of several kinds.
BAD = ["--frames", "120", "--pool", "4", "--queue", "6", "--slow-consumer", "25", "--on-exhausted", "wait:2"]
FAULTS = "lost@20:3,lost@60:2,duplicate@50,late@80:30"
COMMAND = [sys.argv[1], "--roi", "0,0,256,256", "--fps", "50", "--ring", "500", "--json"]
COMMAND += ["--serve", "127.0.0.1:0", "--metrics-linger", "600"]
SHOTS = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None


def start(*more, faults=""):
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    environment = {**os.environ, "FRAMEPOOL_SIM_FAULTS": faults}
    run = subprocess.Popen([*COMMAND, *more], **streams, env=environment)
    # Also if the test fails: it would serve for minutes.
    atexit.register(run.kill)
    said = run.stderr.readline()
    found = re.match(r"serving (http://(\S+):(\d+)/) and http://\S+/metrics and http://\S+/health$", said)
    assert found, said
    # What is said later must not fill the pipe.
    threading.Thread(target=run.stderr.read, daemon=True).start()
    return run, found[1], (found[2], int(found[3]))


def browser(folder):
    options = webdriver.ChromeOptions()
    flags = ["headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-sync"]
    flags += ["disable-background-networking", "disable-component-update", f"user-data-dir={folder}"]
    for flag in flags:
        options.add_argument(f"--{flag}")
    options.binary_location = shutil.which("chromium")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    # By its path, so that selenium does not look for one in the network.
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    driver.set_window_size(1360, 1000)
    return driver


def until(driver, what, condition):
    WebDriverWait(driver, 60, 0.05).until(lambda _: condition(), what)


def text(driver, name):
    return driver.execute_script("return document.getElementById(arguments[0]).textContent", name)


def shot(driver, name):
    if SHOTS:
        driver.save_screenshot(str(SHOTS / f"{name}.png"))


def pixels(driver):
    """Returns what the picture shows; none if there is none yet."""
    return driver.execute_script("""
        const image = document.getElementById("picture");
        if (!image.naturalWidth) return null;
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
        canvas.getContext("2d").drawImage(image, 0, 0);
        return [canvas.width, canvas.height, canvas.toDataURL()];
    """)


def assert_fits(driver, name):
    """Asserts that nothing is wider than the window, whichever that is."""
    for width in (400, 700, 1360):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        needed = driver.execute_script("return document.documentElement.scrollWidth")
        assert needed <= width, f"{name}: {needed} pixels are needed of {width}"
        shot(driver, f"{name}-{width}")
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def metrics(url):
    with urllib.request.urlopen(f"{url}metrics", timeout=10) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    samples = [sample for family in families for sample in family.samples]
    label = lambda labels: ",".join(f'{key}="{value}"' for key, value in labels.items())
    return {s.name + (f"{{{label(s.labels)}}}" if s.labels else ""): s.value for s in samples}


def assert_equal_to_metrics(driver, url):
    """Asserts that each number on the page is the one at /metrics; returns these. The run must have ended."""
    served = metrics(url)
    shown = driver.execute_script("""
        const all = [...document.querySelectorAll("[data-metric]")];
        return all.map((each) => [each.dataset.metric, each.textContent]);
    """)
    assert len(shown) >= 20, shown
    for name, value in shown:
        value = int(value.replace("\u202f", ""))
        assert value == served[name], f"{name}: {value} on the page, {served[name]} at /metrics"
    return served


def client(url, is_over, got):
    while not is_over.is_set():
        with urllib.request.urlopen(f"{url}picture.png", timeout=20) as answer:
            assert answer.read().startswith(b"\x89PNG"), "no picture"
            frame = int(answer.headers["X-Frame"])
        with urllib.request.urlopen(f"{url}status.json", timeout=20) as answer:
            assert json.load(answer)["report"]["seen"] >= frame, "a picture of a frame that has not come"
        got.append(frame)


def crowd(url, address):
    """Lets many clients ask for a while, and returns how many pictures they got in all."""
    deaf = []
    for _ in range(DEAF):
        deaf.append(socket.create_connection(address))
        deaf[-1].sendall(b"GET /picture.png HTTP/1.1\r\nHost: framegrab\r\n\r\n" * 100)
    is_over, got = threading.Event(), [[] for _ in range(CLIENTS)]
    threads = [threading.Thread(target=client, args=(url, is_over, each)) for each in got]
    for thread in threads:
        thread.start()
    time.sleep(8)
    is_over.set()
    for thread in threads:
        thread.join()
    assert all(got), f"{sum(not each for each in got)} clients got nothing"
    assert all(each == sorted(each) for each in got), "an older picture came after a newer one"
    for each in deaf:
        each.close()
    return sum(len(each) for each in got)


with tempfile.TemporaryDirectory() as folder:
    driver = browser(folder)
    try:
        report = pathlib.Path(folder, "report.html")
        run, url, address = start("--frames", str(FRAMES), "--pool", "64", "--report", str(report))
        driver.get(url)
        until(driver, "a picture", lambda: pixels(driver))
        first = pixels(driver)
        assert first[:2] == [256, 256], first[:2]
        until(driver, "another picture", lambda: pixels(driver) != first)
        assert text(driver, "stage") == "running", text(driver, "stage")
        assert driver.find_element("id", "simulated").is_displayed(), "not said to be simulated"
        assert driver.find_element("id", "picture").get_attribute("alt") == "Live picture of camera SimCam00"
        until(driver, "the rate", lambda: 40 < float(text(driver, "fps").replace("–", "0")) < 60)
        shot(driver, "wide")
        here = driver.current_window_handle
        for _ in range(TABS):
            driver.switch_to.new_window("tab")
            driver.get(url)
        pictures = crowd(url, address)
        assert int(metrics(url)["framepool_frames_seen_total"]) < FRAMES, "the run was over too soon"
        driver.switch_to.window(here)

        until(driver, "the end", lambda: text(driver, "stage") == "ended")
        assert "run has ended" in text(driver, "notice"), text(driver, "notice")
        until(driver, "the last picture", lambda: text(driver, "shown").replace("\u202f", "") == str(FRAMES))
        assert assert_equal_to_metrics(driver, url)["framepool_frames_seen_total"] == FRAMES
        shot(driver, "ended")

        assert_fits(driver, "page")
        said = driver.get_log("browser")
        assert not said, said

        # As Ctrl-C: it ends what lingers.
        run.send_signal(signal.SIGINT)
        summary = json.loads(run.communicate(timeout=60)[0])
        until(driver, "that it is gone", lambda: "and framegrab with it" in text(driver, "notice"))

        driver.get(report.as_uri())
        plots = driver.find_elements("css selector", "svg")
        assert len(plots) == 4 and all(plot.size["width"] > 300 for plot in plots), plots
        assert driver.find_element("id", "verdict").text == "No frame is missing."
        assert_fits(driver, "report")
        # The page before may still say that framegrab is gone.
        said = [each for each in driver.get_log("browser") if "/status.json" not in each["message"]]
        said = [each for each in said if "/picture.png" not in each["message"]]
        assert not said, said

        bad, url, _ = start(*BAD, faults=FAULTS)
        driver.get(url)
        until(driver, "the end", lambda: text(driver, "stage") == "ended")
        served = assert_equal_to_metrics(driver, url)
        lost = served["framepool_frames_lost_total"]
        dropped = served['framepool_frames_dropped_total{cause="timeout"}']
        assert lost >= 5 and dropped > 0 and lost != dropped, served
        shot(driver, "bad")
        bad.kill()
        bad.wait()

        other, url, _ = start("--seconds", "600")
        driver.get(url)
        until(driver, "a picture", lambda: pixels(driver))
        other.kill()
        other.wait()
        until(driver, "that it is lost", lambda: text(driver, "stage") == "connection lost")
        assert "framegrab has ended, or cannot be reached" in text(driver, "notice")
        shot(driver, "lost")
    finally:
        driver.quit()

assert run.returncode == 0, run.returncode
assert summary["seen"] == FRAMES and summary["lost"] == 0, summary
assert sum(summary["dropped"].values()) == 0 and summary["conserved"], summary
assert summary["heap_allocations_per_frame"] == 0, summary
print(f"the numbers of /metrics; {pictures} pictures for {CLIENTS} clients at once, and no frame lost")
