"""Dies so that a core would be dumped."""
import ctypes
import os

def lambda_handler(event, context):
    os.chdir("/tmp")
    ctypes.string_at(0)
