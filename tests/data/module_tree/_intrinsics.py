"""What the runtime offers. It is asked for by name, and needs nothing of itself."""


def load_intrinsic(name):
    return __builtins__[name]


def require_intrinsic(name):
    return load_intrinsic(name)
