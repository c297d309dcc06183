"""What modules are called whose package is called otherwise, and which modules come with a language.

The table is short on purpose: it has what is met often. A declaration's `provides` says the rest.
"""

import sys
from collections.abc import Mapping
from typing import Final

PYTHON_STANDARD: Final = sys.stdlib_module_names | {"__main__", "_typeshed", "annotationlib", "compression"}
RUST_STANDARD: Final = frozenset({"std", "core", "alloc", "proc_macro", "test"})
_NODE: Final = """
assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain events
fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl stream
string_decoder sys timers tls trace_events tty url util v8 vm wasi worker_threads zlib
"""
NODE_STANDARD: Final = frozenset(_NODE.split())
_OTHERWISE: Final = """
Crypto pycryptodome; Cryptodome pycryptodomex; IPython ipython
Levenshtein levenshtein python-levenshtein; MySQLdb mysqlclient; OpenGL pyopengl; OpenSSL pyopenssl
PIL pillow; PyQt5 pyqt5; PyQt6 pyqt6; Xlib python-xlib; _pytest pytest; apt python-apt; attr attrs
bs4 beautifulsoup4; bson pymongo; cairo pycairo
cv2 opencv-python opencv-python-headless opencv-contrib-python opencv-contrib-python-headless
dateutil python-dateutil; dns dnspython; docx python-docx; dotenv python-dotenv
faiss faiss-cpu faiss-gpu; fitz pymupdf; flask_cors flask-cors; gi pygobject; git gitpython
github pygithub; google.protobuf protobuf; gridfs pymongo; igraph igraph python-igraph
jose python-jose; jwt pyjwt; kafka kafka-python; ldap python-ldap; magic python-magic
markdown_it markdown-it-py; memcache python-memcached; mpl_toolkits matplotlib
multipart python-multipart; nacl pynacl; osgeo gdal; pkg_resources setuptools; pptx python-pptx
psycopg2 psycopg2 psycopg2-binary; pylab matplotlib; pythoncom pywin32
pytorch_lightning pytorch-lightning; rest_framework djangorestframework; serial pyserial
skimage scikit-image; sklearn scikit-learn; slugify python-slugify; snappy python-snappy
socks pysocks; telegram python-telegram-bot; umap umap-learn; usb pyusb; websocket websocket-client
win32api pywin32; win32con pywin32; wx wxpython; yaml pyyaml; zmq pyzmq
"""
PYTHON_PACKAGES: Final[Mapping[str, tuple[str, ...]]] = {
    module: tuple(packages)
    for module, *packages in (row.split() for row in _OTHERWISE.strip().replace(";", "\n").split("\n"))
}
"""Packages of the index by the module that they bring; a module of that name itself counts too."""
