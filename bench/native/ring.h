/* Ring packets read with and without a copy, and written. */
#ifndef RING_H
#define RING_H

#include <stdatomic.h>

#include "memory.h"

ALWAYS int32_t load_index(const uint8_t *ring, int field) {
  return (int32_t)atomic_load((const _Atomic uint32_t *)(const void *)(ring + field));
}

ALWAYS void copy_out(uint8_t *to, const uint8_t *data, int32_t data_bytes, int32_t from, int32_t bytes) {
  int32_t first = data_bytes - from;
  if (bytes <= first) copy_words(to, data + from, bytes);
  else {
    copy_words(to, data + from, first);
    copy_words(to + first, data, bytes - first);
  }
}

/*
 * At most `most_packets` packets from `read_index` on, each descriptor loaded once. `copy_all`: every payload goes to
 * `out`; otherwise only one that wraps. A fault after the first packet is left for the next call.
 */
ALWAYS int32_t ring_read(uint32_t ring_at, int32_t data_bytes, int32_t read_index, uint32_t out, int32_t out_bytes,
                         uint32_t table, int32_t most_packets, int32_t most_bytes, int copy_all) {
  const uint8_t *ring = base + ring_at, *data = ring + CONTROL_BYTES;
  int32_t write_index = load_index(ring, CONTROL_WRITE_INDEX);
  set_result(RESULT_CAUSE, 0);
  set_result(RESULT_NEXT, read_index);
  set_result(RESULT_USED, 0);
  if ((uint32_t)write_index >= (uint32_t)data_bytes) return fail(CAUSE_INDEX, CONTROL_WRITE_INDEX, data_bytes, write_index);
  int32_t used = write_index - read_index;
  if (used < 0) used += data_bytes;
  if (used < DESCRIPTOR_BYTES) return 0;
  if (write_index & 7) return fail(CAUSE_INDEX, CONTROL_WRITE_INDEX, 8, write_index);
  int32_t at = read_index, filled = 0, count = 0;
  uint8_t *record = base + table;
  for (; count < most_packets && used >= DESCRIPTOR_BYTES; count++, record += PACKET_RECORD_BYTES) {
    uint64_t head = load64(data + at);
    int32_t second = at + 8 == data_bytes ? 0 : at + 8;
    int32_t offset8 = (int32_t)(head >> 16) & 0xffff, length8 = (int32_t)(head >> 32) & 0xffff;
    if (offset8 < 2 || offset8 > length8) {
      if (count > 0) break;
      return fail(CAUSE_DESCRIPTOR, at, 2, offset8);
    }
    int32_t total = (length8 << 3) + TRAILER_BYTES;
    if (total > used) {
      if (count > 0) break;
      return fail(CAUSE_TRUNCATED, at, used, total);
    }
    int32_t bytes = (length8 << 3) - DESCRIPTOR_BYTES;
    if (bytes > most_bytes) {
      if (count > 0) break;
      return fail(CAUSE_PACKET_TOO_LARGE, at, most_bytes, bytes);
    }
    int32_t from = at + DESCRIPTOR_BYTES;
    if (from >= data_bytes) from -= data_bytes;
    int32_t extended = (offset8 << 3) - DESCRIPTOR_BYTES;
    uint32_t place = ring_at + CONTROL_BYTES + (uint32_t)from;
    if (copy_all || bytes > data_bytes - from) {
      if (bytes > out_bytes - filled) break;
      place = out + (uint32_t)filled;
      copy_out(base + place, data, data_bytes, from, bytes);
      filled += bytes;
    }
    store64(record + PACKET_TYPE_FLAGS, (head & 0xffff) | ((head >> 32) & 0xffff0000u) | (uint64_t)(uint32_t)extended << 32);
    store64(record + PACKET_TRANSACTION, load64(data + second));
    store64(record + PACKET_PAYLOAD, (place + (uint32_t)extended) | (uint64_t)(uint32_t)(bytes - extended) << 32);
    store32(record + PACKET_START, (uint32_t)at);
    at += total;
    if (at >= data_bytes) at -= data_bytes;
    used -= total;
  }
  set_result(RESULT_NEXT, at);
  set_result(RESULT_USED, filled);
  return count;
}

ALWAYS int32_t packet_bytes(int32_t payload_bytes) { return DESCRIPTOR_BYTES + ((payload_bytes + 7) & ~7) + TRAILER_BYTES; }

/* 1 when the packet may be written, 0 when it must wait, a negated cause when it never fits. */
ALWAYS int32_t admit(int32_t data_bytes, int32_t free_bytes, int32_t payload_bytes) {
  if (payload_bytes > data_bytes) return fail(CAUSE_PAYLOAD_TOO_LARGE, 0, data_bytes, payload_bytes);
  int32_t total = packet_bytes(payload_bytes);
  if (total >= data_bytes) return fail(CAUSE_PAYLOAD_TOO_LARGE, 0, data_bytes - 8, total);
  if (free_bytes > total) return 1;
  set_result(RESULT_NEEDED, total);
  return 0;
}

ALWAYS void copy_in(uint8_t *data, int32_t data_bytes, int32_t at, const uint8_t *source, int32_t bytes) {
  int32_t to = at + DESCRIPTOR_BYTES;
  if (to >= data_bytes) to -= data_bytes;
  int32_t first = data_bytes - to, padded = (bytes + 7) & ~7;
  if (padded <= first) copy_words(data + to, source, padded);
  else {
    copy_words(data + to, source, first);
    copy_words(data, source + first, padded - first);
  }
}

/* Descriptor, padding and trailer around a payload; returns the next index. */
ALWAYS int32_t seal(uint8_t *data, int32_t data_bytes, int32_t at, int32_t payload_bytes, uint32_t type_flags, uint64_t transaction) {
  int32_t padded = (payload_bytes + 7) & ~7;
  uint64_t length8 = (uint64_t)(DESCRIPTOR_BYTES + padded) >> 3;
  store64(data + at, (type_flags & 0xffff) | (2 << 16) | length8 << 32 | (uint64_t)(type_flags >> 16) << 48);
  int32_t position = at + 8;
  if (position == data_bytes) position = 0;
  store64(data + position, transaction);
  position += 8 + padded;
  if (position >= data_bytes) position -= data_bytes;
  int32_t padding = padded - payload_bytes;
  if (padding > 0) memset(data + (position == 0 ? data_bytes : position) - padding, 0, (size_t)padding);
  store64(data + position, (uint64_t)(uint32_t)at << 32);
  position += TRAILER_BYTES;
  return position == data_bytes ? 0 : position;
}

static int32_t ring_pack(uint32_t ring_at, int32_t data_bytes, int32_t write_index, uint32_t table, int32_t count) {
  uint8_t *ring = base + ring_at, *data = ring + CONTROL_BYTES;
  set_result(RESULT_CAUSE, 0);
  set_result(RESULT_NEXT, write_index);
  set_result(RESULT_SIGNAL, 0);
  set_result(RESULT_NEEDED, 0);
  int32_t read_index = load_index(ring, CONTROL_READ_INDEX);
  if ((uint32_t)read_index >= (uint32_t)data_bytes) return fail(CAUSE_INDEX, CONTROL_READ_INDEX, data_bytes, read_index);
  if (read_index & 7) return fail(CAUSE_INDEX, CONTROL_READ_INDEX, 8, read_index);
  int32_t free_bytes = write_index >= read_index ? data_bytes - (write_index - read_index) : read_index - write_index;
  int32_t at = write_index, written = 0;
  for (const uint8_t *record = base + table; written < count; written++, record += PACKET_RECORD_BYTES) {
    int32_t bytes = (int32_t)load32(record + PACKET_PAYLOAD_BYTES);
    int32_t verdict = admit(data_bytes, free_bytes, bytes);
    if (verdict <= 0) {
      if (verdict < 0 && written == 0) return verdict;
      break;
    }
    copy_in(data, data_bytes, at, base + load32(record + PACKET_PAYLOAD), bytes);
    at = seal(data, data_bytes, at, bytes, load32(record + PACKET_TYPE_FLAGS), load64(record + PACKET_TRANSACTION));
    free_bytes -= packet_bytes(bytes);
  }
  if (written > 0) {
    atomic_store((_Atomic uint32_t *)(void *)(ring + CONTROL_WRITE_INDEX), (uint32_t)at);
    int signal = load_index(ring, CONTROL_INTERRUPT_MASK) == 0 && load_index(ring, CONTROL_READ_INDEX) == write_index;
    set_result(RESULT_SIGNAL, signal);
    set_result(RESULT_NEXT, at);
  }
  return written;
}

#endif
