"""An object store with the interface of S3 on loopback: OpenStack Swift, all of its servers in this process.

    PYTHON object_server.py FOLDER PORT [BUCKET]...

PYTHON is that of an environment with the package ``swift``. The store keeps its objects in FOLDER, also from one start
to the next. It prints its port once it answers. Buckets whose names begin with "lax" ignore the condition that an
object must not exist, as stores do that do not know it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

KINDS = ("account", "container", "object")
COMMON = """
[DEFAULT]
bind_ip = 127.0.0.1
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
fallocate_reserve = 0
log_level = ERROR
"""
PROXY = """
[pipeline:main]
pipeline = s3api tempauth proxy-server
[filter:s3api]
use = egg:swift#s3api
allow_multipart_uploads = false
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
"""
SERVER = """
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""


Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def lax(application: Application) -> Application:
    """Forget the condition in requests to some buckets."""

    def called(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/lax"):
            environ.pop("HTTP_IF_NONE_MATCH", None)
        return application(environ, start_response)

    return called


def serve(folder: Path, port: int, buckets: Sequence[str]) -> None:
    import eventlet

    eventlet.monkey_patch()
    from eventlet import wsgi
    from swift.common import storage_policy, utils
    from swift.common.ring import RingBuilder
    from swift.common.swob import Request

    (folder / "devices" / "disk").mkdir(parents=True, exist_ok=True)
    (folder / "swift.conf").write_text(
        "[swift-hash]\nswift_hash_path_suffix = tests\n[storage-policy:0]\nname = one\ndefault = yes\n"
    )
    utils.set_swift_dir(str(folder))
    storage_policy.reload_storage_policies()
    from swift.common.wsgi import loadapp

    sockets = {}
    for kind in KINDS:
        sockets[kind] = eventlet.listen(("127.0.0.1", 0))
        builder = RingBuilder(part_power=2, replicas=1, min_part_hours=0)
        builder.add_dev(
            {
                "id": 0,
                "region": 1,
                "zone": 1,
                "weight": 1.0,
                "ip": "127.0.0.1",
                "port": sockets[kind].getsockname()[1],
                "device": "disk",
            }
        )
        builder.rebalance()
        builder.get_ring().save(str(folder / f"{kind}.ring.gz"))
    sockets["proxy"] = eventlet.listen(("127.0.0.1", port))
    for kind, socket in sockets.items():
        conf = folder / f"{kind}.conf"
        conf.write_text(
            COMMON.format(folder=folder) + (PROXY if kind == "proxy" else SERVER.format(kind=kind))
        )
        app = loadapp(str(conf), global_conf={"log_requests": "false"})
        eventlet.spawn(wsgi.server, socket, lax(app), log_output=False)
    while hasattr(app, "app"):  # the proxy without authentication
        app = app.app
    for bucket in buckets:
        made = Request.blank(f"/v1/AUTH_test/{bucket}", environ={"REQUEST_METHOD": "PUT"}).get_response(app)
        assert made.is_success, made.status
    print(sockets["proxy"].getsockname()[1], flush=True)
    while True:
        eventlet.sleep(60)


if __name__ == "__main__":
    serve(Path(sys.argv[1]).absolute(), int(sys.argv[2]), sys.argv[3:])
