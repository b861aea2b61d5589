#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# file_server.py FOLDER PORTFILE: serves FOLDER by HTTP on loopback until its
# standard input ends and writes the port to PORTFILE.  A path under /cut/
# announces the whole length and ends half way.
import http.server
import os
import sys
import threading


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if not self.path.startswith('/cut/'):
            return super().do_GET()
        with open(os.path.join(self.directory, os.path.basename(self.path)), 'rb') as file:
            data = file.read()
        self.send_response(200)
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data[:len(data) // 2])

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass  # a client that leaves early, as it may


def main():
    folder, portfile = sys.argv[1:]
    server = Server(
        ('127.0.0.1', 0), lambda *args: Handler(*args, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with open(portfile + '.part', 'w') as file:
        file.write(str(server.server_port))
    os.rename(portfile + '.part', portfile)
    sys.stdin.read()


main()
