"""cutter.py: stands between clients and a server, forwards what they send, and cuts their connections on demand."""
import selectors
import socket
import struct
import threading

PIECE = 1 << 16


class Cutter:
    """Listens on a port of its own. A connection that is held is silent: what its ends send waits in their sockets."""

    def __init__(self, server_port):
        self.server_port = server_port
        self.lock = threading.Lock()
        self.selector = selectors.DefaultSelector()
        self.other_end = {}
        self.is_held = False
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.is_over = False
        self.thread = threading.Thread(target=self.forward, daemon=True)

    def __enter__(self):
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over = True
        self.thread.join()
        self.cut()
        self.listener.close()

    def hold(self):
        with self.lock:
            self.is_held = True
            for end in self.other_end:
                self.selector.unregister(end)

    def cut(self):
        """Resets all connections, as a network does that has lost them. New ones are forwarded at once."""
        with self.lock:
            for end in self.other_end:
                if not self.is_held:
                    self.selector.unregister(end)
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.close()
            self.other_end.clear()
            self.is_held = False

    def forward(self):
        while not self.is_over:
            for key, _ in self.selector.select(0.05):
                with self.lock:
                    if key.fileobj is self.listener:
                        self.accept()
                    elif key.fileobj in self.other_end and not self.is_held:
                        self.pass_on(key.fileobj)

    def accept(self):
        if self.is_held:
            return
        client, _ = self.listener.accept()
        server = socket.create_connection(("127.0.0.1", self.server_port))
        for end, other in ((client, server), (server, client)):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.other_end[end] = other
            self.selector.register(end, selectors.EVENT_READ)

    def pass_on(self, end):
        try:
            piece = end.recv(PIECE)
            if piece:
                self.other_end[end].sendall(piece)
                return
        except OSError:
            pass
        other = self.other_end.pop(end)
        self.other_end.pop(other, None)
        for each in (end, other):
            self.selector.unregister(each)
            each.close()
