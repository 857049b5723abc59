"""Changes what other instances run: the code, the interpreter, the bootstrap, system libraries."""
import os
import sys
from attempt import call, outcome

def lambda_handler(event, context):
    bootstrap = "/var/lang/tinderbox/python/bootstrap.py"
    real = os.path.realpath(sys.executable)
    def change(path):
        os.close(os.open(path, os.O_WRONLY))
    told = {"change " + p: outcome(change, p) for p in (__file__, bootstrap, real, json_file(), "/etc/passwd", "/etc/hosts")}
    told.update({"make in " + d: outcome(open, d + "/x", "w") for d in ("/", "/var/task", "/opt", "/etc", "/var", "/run", "/dev")})
    told["unlink"] = outcome(os.unlink, __file__)
    told["rename"] = outcome(os.rename, __file__, "/tmp/x")
    told["link"] = outcome(os.link, __file__, "/tmp/x")
    told["chmod"] = outcome(os.chmod, __file__, 0o777)
    told["chown"] = outcome(os.chown, __file__, 0, 0)
    told["truncate"] = call(76, __file__.encode(), 0)
    told["device"] = outcome(os.mknod, "/tmp/disk", 0o060666, os.makedev(8, 0))
    told["xattr"] = outcome(os.setxattr, __file__, "user.x", b"y")
    return told

def json_file():
    import json
    return json.__file__
