"""Which partition a key belongs to: the rule of Kafka's own Java client, so that any OMS agrees.

Murmur2 of the key's bytes, as in org.apache.kafka.common.utils.Utils.murmur2 and librdkafka's
`partitioner=murmur2`. Librdkafka's default (CRC32) disagrees: writers of `parents` on librdkafka
must set `partitioner=murmur2_random`.
"""

from typing import Final

_SEED: Final = 0x9747B28C
_M: Final = 0x5BD1E995
_MASK: Final = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """32-bit murmur2 as Kafka computes it."""
    length = len(data)
    h = (_SEED ^ length) & _MASK
    whole = length & ~3
    for index in range(0, whole, 4):
        k = int.from_bytes(data[index : index + 4], "little")
        k = (k * _M) & _MASK
        k ^= k >> 24
        k = (k * _M) & _MASK
        h = ((h * _M) & _MASK) ^ k
    tail = data[whole:]
    if tail:
        h ^= int.from_bytes(tail, "little")
        h = (h * _M) & _MASK
    h ^= h >> 13
    h = (h * _M) & _MASK
    return h ^ (h >> 15)


def partition_of(key: str, partitions: int) -> int:
    """The partition of `key` among `partitions`."""
    return (murmur2(key.encode()) & 0x7FFFFFFF) % partitions
