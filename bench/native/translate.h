/* Host payloads to daemon messages and back, operations 0 to 3, by the engine's translation tables. */
#ifndef TRANSLATE_H
#define TRANSLATE_H

#ifdef __SSE4_1__
#include "short-ascii.h"
#endif
#include "utf8-to-utf16.h"

/* How far the message being made uses its two halves. */
struct used {
  int32_t low;
  int32_t high;
};

ALWAYS uint8_t *pointer(const uint8_t *record, int field) { return base + load32(record + field); }

/* A text field of a host's message; the size that it states is in bytes and bounds the text. Returns its UTF-8 bytes. */
ALWAYS int32_t field(const uint8_t *source, const uint8_t *size, uint32_t field_bytes, uint8_t *target) {
  uint32_t bytes = load32(size);
  int32_t units = (int32_t)((bytes < field_bytes ? bytes : field_bytes) >> 1);
#ifdef __SSE4_1__
  int32_t made = short_to_utf8(source, units, target);
  if (made >= 0) return made;
#endif
  return utf16_to_utf8(source, units, target, (int32_t)field_bytes - 1, POLICY_LINUX);
}

/* A daemon's text that becomes a key or a value. Returns its units, or a negated cause. */
ALWAYS int32_t text(const uint8_t *source, int32_t source_bytes, uint8_t *target, int32_t limit) {
#ifdef __SSE4_1__
  int32_t made = short_to_utf16(source, target);
  if (made >= 0) return made;
#endif
  return utf8_to_utf16(source, source_bytes, target, limit, POLICY_LINUX);
}

static int32_t write_decimal(uint8_t *target, uint64_t value) {
  uint8_t digits[20], *at = digits + sizeof digits;
  do *--at = (uint8_t)('0' + value % 10);
  while ((value /= 10) != 0);
  size_t length = (size_t)(digits + sizeof digits - at);
  memcpy(target, at, length);
  return (int32_t)length;
}

ALWAYS void translate_value(const uint8_t *message, uint8_t *target, struct used *used) {
  uint32_t type = load32(message + VALUE_TYPE);
  uint8_t *value = target + VALUE_VALUE;
  int32_t bytes;
  if (type == TYPE_STRING || type == TYPE_EXPAND_STRING) {
    bytes = field(message + VALUE_VALUE, message + VALUE_VALUE_SIZE, VALUE_BYTES, value);
  } else if (type == TYPE_U32) bytes = write_decimal(value, load32(message + VALUE_VALUE));
  else if (type == TYPE_U64 || type == TYPE_QWORD) bytes = write_decimal(value, load64(message + VALUE_VALUE));
  else return;
  store32(target + VALUE_VALUE_SIZE, (uint32_t)bytes + 1);
  used->high = VALUE_VALUE + bytes;
}

ALWAYS int32_t translate(const uint8_t *source, int32_t source_bytes, uint8_t *target, struct used *used) {
  if (source_bytes < HEADERS_BYTES + 2) return fail(CAUSE_SHORT, source_bytes, HEADERS_BYTES + 2, source_bytes);
  const uint8_t *message = source + HEADERS_BYTES;
  uint32_t operation = *message;
  int32_t needed = 2;
  if (operation == OPERATION_SET) needed = VALUE_BODY_END;
  else if (operation == OPERATION_ENUMERATE) needed = ENUMERATE_INDEX + 4;
  else if (operation == OPERATION_GET) needed = VALUE_VALUE;
  else if (operation == OPERATION_DELETE) needed = DELETE_BODY_END;
  needed += HEADERS_BYTES;
  if (source_bytes < needed) return fail(CAUSE_SHORT, source_bytes, needed, source_bytes);
  store32(target, load16(message));
  used->low = DAEMON_BODY;
  used->high = DIRTY_SPLIT;
  if (operation == OPERATION_SET || operation == OPERATION_GET) {
    store64(target + VALUE_TYPE, 0);
    store32(target + VALUE_VALUE_SIZE, operation == OPERATION_GET ? VALUE_BYTES : 0);
    int32_t key = field(message + VALUE_KEY, message + VALUE_KEY_SIZE, KEY_BYTES, target + VALUE_KEY);
    store32(target + VALUE_KEY_SIZE, (uint32_t)key + 1);
    used->low = VALUE_KEY + key;
    if (operation == OPERATION_SET) translate_value(message, target, used);
  } else if (operation == OPERATION_DELETE) {
    int32_t key = field(message + DELETE_KEY, message + DELETE_KEY_SIZE, KEY_BYTES, target + DELETE_KEY);
    store32(target + DELETE_KEY_SIZE, (uint32_t)key + 1);
    used->low = DELETE_KEY + key;
  } else if (operation == OPERATION_ENUMERATE) {
    store32(target + ENUMERATE_INDEX, load32(message + ENUMERATE_INDEX));
    used->low = ENUMERATE_INDEX + 4;
  }
  return 0;
}

static int32_t host_to_daemon(uint32_t table, int32_t count, int32_t message_bytes) {
  int32_t good = 0;
  for (uint8_t *record = base + table; count > 0; count--, record += TRANSLATE_RECORD_BYTES) {
    uint8_t *target = pointer(record, TRANSLATE_TARGET);
    struct used used = {0, 0};
    int32_t status = translate(pointer(record, TRANSLATE_SOURCE), (int32_t)load32(record + TRANSLATE_SOURCE_BYTES), target, &used);
    store32(record + TRANSLATE_STATUS, (uint32_t)status);
    if (status < 0) {
      store32(record + TRANSLATE_OFFSET, load32(base + RESULT_BASE + RESULT_OFFSET));
      continue;
    }
    clear_behind(target, used.low, (int32_t)load32(record + TRANSLATE_DIRTY_LOW), DIRTY_SPLIT, OVERSHOOT_BYTES);
    clear_behind(target, used.high, (int32_t)load32(record + TRANSLATE_DIRTY_HIGH), message_bytes, OVERSHOOT_BYTES);
    store32(record + TRANSLATE_DIRTY_LOW, (uint32_t)used.low);
    store32(record + TRANSLATE_DIRTY_HIGH, (uint32_t)used.high);
    good++;
  }
  return good;
}

ALWAYS int enumerate_answer(const uint8_t *answer, uint8_t *message, const uint8_t *record, struct used *used) {
  int32_t key = text(answer + ENUMERATE_KEY, KEY_BYTES, message + ENUMERATE_KEY, GUEST_KEY_UNITS);
  if (key < 0) return 0;
  int32_t value = text(answer + ENUMERATE_VALUE, VALUE_BYTES, message + ENUMERATE_VALUE, GUEST_VALUE_UNITS);
  if (value < 0) return 0;
  used->low = ENUMERATE_KEY + 2 * key;
  used->high = ENUMERATE_VALUE + 2 * value;
  clear_behind(message, used->low, (int32_t)load32(record + TRANSLATE_DIRTY_LOW), RESPONSE_SPLIT, OVERSHOOT_WIDE_BYTES);
  clear_behind(message, used->high, (int32_t)load32(record + TRANSLATE_DIRTY_HIGH), ENUMERATE_BODY_END, OVERSHOOT_WIDE_BYTES);
  store32(message + ENUMERATE_TYPE, TYPE_STRING);
  store32(message + ENUMERATE_KEY_SIZE, 2 * ((uint32_t)key + 1));
  store32(message + ENUMERATE_VALUE_SIZE, 2 * ((uint32_t)value + 1));
  return 1;
}

ALWAYS int get_answer(const uint8_t *answer, uint8_t *message, const uint8_t *record, int32_t rest, struct used *used) {
  int32_t value = text(answer + VALUE_VALUE, VALUE_BYTES, message + VALUE_VALUE, GUEST_VALUE_UNITS);
  if (value < 0) return 0;
  int32_t end = VALUE_VALUE + 2 * value;
  clear_behind(message, end, most((int32_t)load32(record + TRANSLATE_DIRTY_HIGH), RESPONSE_SPLIT), VALUE_BODY_END, OVERSHOOT_WIDE_BYTES);
  /* The request's own bytes behind the value lie within ENUMERATE's. */
  if (rest == 0 || (rest >= RESPONSE_UNKNOWN_HIGH - VALUE_BODY_END && load32(message + VALUE_BODY_END) == 0)) {
    used->high = most(end, RESPONSE_SPLIT);
  }
  store32(message + VALUE_TYPE, TYPE_STRING);
  store32(message + VALUE_VALUE_SIZE, 2 * ((uint32_t)value + 1));
  return 1;
}

/* What of the request stands before the answer's fields: 48 bytes of an ENUMERATE, 556 of a GET. */
ALWAYS void copy_head(uint8_t *target, const uint8_t *request, int32_t head) {
#ifdef __SSE4_1__
  if (head == 48) {
    for (int i = 0; i < 48; i += 16) storev(target + i, loadv(request + i));
    return;
  }
#endif
  copy_words(target, request, head & ~7);
  /* The last word overlaps the one before where the fields do not begin at a multiple of 8. */
  store64(target + head - 8, load64(request + head - 8));
}

ALWAYS int32_t respond(uint8_t *record) {
  const uint8_t *request = pointer(record, TRANSLATE_SOURCE);
  int32_t request_bytes = (int32_t)load32(record + TRANSLATE_SOURCE_BYTES);
  const uint8_t *answer = pointer(record, TRANSLATE_ANSWER);
  uint8_t *target = pointer(record, TRANSLATE_TARGET);
  if (request_bytes < HEADERS_BYTES + 2) return fail(CAUSE_SHORT, request_bytes, HEADERS_BYTES + 2, request_bytes);
  uint32_t status = load32(answer);
  uint8_t *message = target + HEADERS_BYTES;
  uint32_t operation = request[HEADERS_BYTES];
  /* What of the message stands before the answer's fields and is kept, and where the answer ends. */
  int32_t kept = 0, body_end = 0;
  if (status == 0 && operation == OPERATION_ENUMERATE) {
    kept = ENUMERATE_KEY;
    body_end = ENUMERATE_BODY_END;
  } else if (status == 0 && operation == OPERATION_GET) {
    kept = VALUE_VALUE;
    body_end = VALUE_BODY_END;
  }
  if (request_bytes < HEADERS_BYTES + body_end) {
    status = STATUS_FAIL;
    body_end = 0;
  }
  struct used used = {RESPONSE_UNKNOWN_LOW, RESPONSE_UNKNOWN_HIGH};
  if (body_end == 0) memcpy(target, request, (size_t)request_bytes);
  else {
    int32_t head = HEADERS_BYTES + kept;
    copy_head(target, request, head);
    int32_t rest = request_bytes - HEADERS_BYTES - body_end;
    if (rest > 0) memcpy(message + body_end, request + HEADERS_BYTES + body_end, (size_t)rest);
    int ok = operation == OPERATION_ENUMERATE ? enumerate_answer(answer, message, record, &used)
                                              : get_answer(answer, message, record, rest, &used);
    if (!ok) {
      used = (struct used){RESPONSE_UNKNOWN_LOW, RESPONSE_UNKNOWN_HIGH};
      memcpy(target, request, (size_t)request_bytes);
      status = STATUS_FAIL;
    }
  }
  store32(target + PIPE_HEADER_BYTES + IC_STATUS, status);
  target[PIPE_HEADER_BYTES + IC_FLAGS] = IC_FLAGS_RESPONSE;
  store32(record + TRANSLATE_DIRTY_LOW, (uint32_t)used.low);
  store32(record + TRANSLATE_DIRTY_HIGH, (uint32_t)used.high);
  return 0;
}

static int32_t daemon_to_host(uint32_t table, int32_t count) {
  int32_t good = 0;
  for (uint8_t *record = base + table; count > 0; count--, record += TRANSLATE_RECORD_BYTES) {
    int32_t status = respond(record);
    store32(record + TRANSLATE_STATUS, (uint32_t)status);
    if (status < 0) store32(record + TRANSLATE_OFFSET, load32(base + RESULT_BASE + RESULT_OFFSET));
    else good++;
  }
  return good;
}

#endif
