/*
 * The engine's kernels in C, with the same algorithms, to see how far from native they are: compiled without vector
 * instructions, and with those of SSE4.1 written out. Each function repeats its work `rounds` times, so that a call from
 * JavaScript is not what is measured. Memory, tables and result block are an engine's own.
 */
#include "pool.h"
#include "ring.h"
#include "translate.h"

void prepare(uint8_t *memory) {
  base = memory;
#ifdef __SSE4_1__
  make_pack_shuffles();
  make_spreads();
#endif
}

/* All records, `batch` a call. */
void repeat_host_to_daemon(int32_t rounds, uint32_t table, int32_t records, int32_t batch, int32_t message_bytes) {
  for (; rounds > 0; rounds--) {
    for (int32_t first = 0; first < records; first += batch) {
      host_to_daemon(table + (uint32_t)first * TRANSLATE_RECORD_BYTES, batch, message_bytes);
    }
  }
}

void repeat_daemon_to_host(int32_t rounds, uint32_t table, int32_t records, int32_t batch) {
  for (; rounds > 0; rounds--) {
    for (int32_t first = 0; first < records; first += batch) {
      daemon_to_host(table + (uint32_t)first * TRANSLATE_RECORD_BYTES, batch);
    }
  }
}

/* Texts `stride` bytes apart, their sizes (units or bytes) at `sizes`, what came out of each to `written`. */
void repeat_utf16_to_utf8(int32_t rounds, uint32_t from, uint32_t to, uint32_t sizes, uint32_t written, int32_t count, int32_t stride) {
  for (; rounds > 0; rounds--) {
    for (int32_t i = 0; i < count; i++) {
      int32_t made = utf16_to_utf8(base + from + i * stride, (int32_t)load32(base + sizes + 4 * i), base + to + i * stride, stride, POLICY_REPLACE);
      store32(base + written + 4 * i, (uint32_t)made);
    }
  }
}

void repeat_utf8_to_utf16(int32_t rounds, uint32_t from, uint32_t to, uint32_t sizes, uint32_t written, int32_t count, int32_t stride) {
  for (; rounds > 0; rounds--) {
    for (int32_t i = 0; i < count; i++) {
      int32_t made = utf8_to_utf16(base + from + i * stride, (int32_t)load32(base + sizes + 4 * i), base + to + i * stride, stride / 2, POLICY_REPLACE);
      store32(base + written + 4 * i, (uint32_t)made);
    }
  }
}

/* The whole window in calls of `batch` packets. */
static int32_t drain(uint32_t ring, int32_t data_bytes, int32_t start, uint32_t out, uint32_t table, int32_t count, int32_t batch, int copy_all) {
  int32_t next = start, done = 0;
  while (done < count) {
    int32_t packets = ring_read(ring, data_bytes, next, out, data_bytes, table, batch, data_bytes, copy_all);
    if (packets <= 0) break;
    done += packets;
    next = (int32_t)load32(base + RESULT_BASE + RESULT_NEXT);
  }
  return done;
}

int32_t repeat_ring_drain(int32_t rounds, uint32_t ring, int32_t data_bytes, int32_t start, uint32_t out, uint32_t table, int32_t count, int32_t batch) {
  int32_t done = 0;
  for (; rounds > 0; rounds--) done = drain(ring, data_bytes, start, out, table, count, batch, 1);
  return done;
}

int32_t repeat_ring_scan(int32_t rounds, uint32_t ring, int32_t data_bytes, int32_t start, uint32_t out, uint32_t table, int32_t count, int32_t batch) {
  int32_t done = 0;
  for (; rounds > 0; rounds--) done = drain(ring, data_bytes, start, out, table, count, batch, 0);
  return done;
}

/* All packets of the table, `batch` a call, from the same place in each round. */
int32_t repeat_ring_pack(int32_t rounds, uint32_t ring, int32_t data_bytes, int32_t start, uint32_t table, int32_t count, int32_t batch) {
  int32_t done = 0;
  for (; rounds > 0; rounds--) {
    int32_t at = start;
    for (done = 0; done < count;) {
      int32_t part = least(batch, count - done);
      int32_t packed = ring_pack(ring, data_bytes, at, table + (uint32_t)done * PACKET_RECORD_BYTES, part);
      if (packed <= 0) return packed;
      done += packed;
      at = (int32_t)load32(base + RESULT_BASE + RESULT_NEXT);
    }
  }
  return done;
}

void repeat_pool_index(int32_t rounds, uint32_t records, int32_t count, uint32_t index, uint32_t slots, uint32_t hashes, int32_t chunk) {
  for (; rounds > 0; rounds--) {
    memset(base + index, 0, 8 * (size_t)slots);
    for (int32_t first = 0; first < count; first += chunk) {
      int32_t part = least(chunk, count - first);
      record_hashes(base + records + (size_t)first * RECORD_BYTES, part, base + hashes);
      index_insert(base + index, slots - 1, base + hashes, part, first);
    }
  }
}
