"""A team that watches through one collector: `cdctl collect` as a process, and settings for it and for viewers.

team = Team(folder, broker)
process, where = team.collect()
team.viewer(where)
"""

from __future__ import annotations

import json
import subprocess
import sys

import paho.mqtt.client as mqtt

from cdctl.application import wiring

COLUMN = '[fleet.columns]\nsoc = "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed"\n'


class Team:
    """A folder with settings for the collector and for its viewers."""

    def __init__(self, folder, broker):
        self.folder, self.broker = folder, broker
        self.processes = []
        self.settings("server", f'brokers = {{ eu = {{ url = "{broker.url}" }} }}')

    def settings(self, name, line):
        text = f'default_context = "x"\n[paths]\ncache = "{self.folder}/cache-{name}"\n[contexts.x]\n{line}\n{COLUMN}'
        (self.folder / f"{name}.toml").write_text(text)
        return str(self.folder / f"{name}.toml")

    def collect(self, *more, listen="127.0.0.1:0"):
        argv = [sys.executable, "-m", "cdctl", "--config", str(self.folder / "server.toml"), "collect"]
        process = subprocess.Popen(
            [*argv, "--listen", listen, *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.processes.append(process)
        line = process.stdout.readline()
        assert line, process.stderr.read()
        where = json.loads(line)["collector"]
        return process, where

    def viewer(self, where, ca=""):
        extra = f', ca = "{ca}"' if ca else ""
        line = f'collector = {{ url = "{where["url"]}", token_file = "{where["token_file"]}"{extra} }}'
        return wiring.read_settings(config=self.settings("viewer", line))

    def births(self, count, seq=1, online=True):
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", self.broker.port)
        client.loop_start()
        for number in range(count):
            body = {"v": 1, "ts": 1, "seq": seq, "online": online, "model": "i4", "sw": "23-07.55"}
            sent = client.publish(f"cd/eu/WBA{number:014d}/birth", json.dumps(body), qos=1, retain=True)
        sent.wait_for_publish(20)
        client.disconnect()
        client.loop_stop()

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
            process.stdout.close()
            process.stderr.close()
