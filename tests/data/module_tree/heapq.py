"""Written in Python. It says load_intrinsic("rt_heap_push") here, and that is no call."""


def push(heap, item):
    heap.append(item)
    heap.sort()


NAME = 'load_intrinsic("rt_heap_push")'
