"""Attacks on reverse proxies by bounded loads on loopback; `run` beside this file starts them."""
