#!/usr/bin/env python3
"""How does a folder become an image without a container engine? As an archive of one layer that `ctr images import` reads.

archive.py FOLDER NAME OUTPUT.tar WORKING_FOLDER ENTRYPOINT...
"""
import hashlib
import io
import json
import os
import platform
import sys
import tarfile

ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def write_layer(folder, path):
    with tarfile.open(path, "w") as layer:
        for name in sorted(os.listdir(folder)):
            layer.add(os.path.join(folder, name), name)
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def add_json(archive, name, value):
    data = json.dumps(value).encode()
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    archive.addfile(entry, io.BytesIO(data))


def main(folder, name, output, working_folder, entrypoint):
    layer = output + ".layer"
    digest = write_layer(folder, layer)
    config = {
        "architecture": ARCHITECTURE[platform.machine()],
        "os": "linux",
        "config": {"Entrypoint": entrypoint, "Env": [PATH], "WorkingDir": working_folder},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest]},
    }
    config_name = hashlib.sha256(json.dumps(config).encode()).hexdigest() + ".json"
    with tarfile.open(output, "w") as archive:
        add_json(archive, config_name, config)
        add_json(archive, "manifest.json", [{"Config": config_name, "RepoTags": [name], "Layers": ["layer.tar"]}])
        archive.add(layer, "layer.tar")
    os.remove(layer)


main(*sys.argv[1:5], sys.argv[5:])
