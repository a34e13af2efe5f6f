# -*- coding: latin-1 -*-
"""Café."""

from _intrinsics import load_intrinsic

name = load_intrinsic("rt_locale_name") + "é"
