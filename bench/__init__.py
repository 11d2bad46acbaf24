"""Measurements that anyone can repeat: `make bench`. Each figure stands beside a baseline of the same run."""
