"""An issuer of tokens on loopback: its discovery document, its keys, and tokens that it signs."""

import base64
import http.server
import json
import subprocess
import threading
import time

import rsa


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(n):
    return encode(n.to_bytes((n.bit_length() + 7) // 8, "big"))


class Issuer:
    """A running issuer with one RSA key."""

    def __init__(self):
        command = ["openssl", "genrsa", "-traditional", "2048"]
        pem = subprocess.run(command, check=True, capture_output=True).stdout
        self.key = rsa.PrivateKey.load_pkcs1(pem)
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                documents = {
                    "/.well-known/openid-configuration": {"issuer": issuer.url, "jwks_uri": issuer.url + "/keys"},
                    "/keys": {"keys": [issuer.public]},
                }
                body = json.dumps(documents[self.path]).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.public = {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "k1"}
        self.public |= {"n": number(self.key.n), "e": number(self.key.e)}
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def token(self, kid="k1", **claims):
        header = {"alg": "RS256", "kid": kid}
        own = {"iss": self.url, "aud": "me", "exp": int(time.time()) + 600, **claims}
        signed = f"{encode(json.dumps(header).encode())}.{encode(json.dumps(own).encode())}"
        return f"{signed}.{encode(rsa.sign(signed.encode(), self.key, 'SHA-256'))}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
