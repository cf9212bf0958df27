/**
 * Vectors that the conversions use in every step, kept in memory: V8 makes a constant anew, in three to five
 * instructions, where a loop has branches. Written once, together with the shuffle tables.
 */
import { CONSTANTS_BASE } from '../src/wire/engine';
import { storeFaults } from './utf8-check';

// Slots of 16 bytes. Of u16 lanes:
export const TOP_5: i32 = 0;
export const TOP_9: i32 = 1;
export const LOW_6: i32 = 2;
export const LOW_7: i32 = 3;
/** Six bits in the upper byte. */
export const UPPER_6: i32 = 4;
/** 0x8000: a continuation in the upper byte. */
export const UPPER_MARK: i32 = 5;
/** Lead and continuation of two bytes, lead first. */
export const TWO_MARKS: i32 = 6;
/** Lead and continuation of the first two of three bytes. */
export const THREE_MARKS: i32 = 7;
export const HIGH_SURROGATE: i32 = 8;
export const LOW_SURROGATE: i32 = 9;
/** The greatest lead of three bytes. */
export const THREE_LEAD_MOST: i32 = 10;
/** U+10000, shifted right by 6. */
export const PLANES: i32 = 11;
/** What the first three of four bytes give to the low surrogate. */
export const LOW_SHARE: i32 = 12;
// Of bytes:
export const NIBBLE: i32 = 13;
export const TWO_WANTED: i32 = 14;
export const THREE_WANTED: i32 = 15;
export const TOP_BIT: i32 = 16;
/** Three of them: see utf8-check.ts. */
export const FAULTS: i32 = 17;
// Of u16 lanes again:
/** What the first of two bytes has more than the second of three. */
export const TWO_LEAD: i32 = 20;
/** What the first of four bytes has more than the first of two. */
export const FOUR_LEAD: i32 = 21;
export const TOP_6: i32 = 22;
export const LOW_10: i32 = 23;
/** Bits 10 and 11. */
export const SHARED: i32 = 24;
/** U+10000, shifted right by 10. */
export const PLANE: i32 = 25;
/** 16 bytes of ones, then 16 of zeros. */
const FIRST: i32 = 26;

// @ts-ignore: decorator
@inline
export function constant(slot: i32): v128 {
  return v128.load(<usize>CONSTANTS_BASE + ((<usize>slot) << 4));
}

/** Ones in the first `bytes` bytes, at most 16. */
// @ts-ignore: decorator
@inline
export function firstBytes(bytes: i32): v128 {
  return v128.load(<usize>(16 - bytes), CONSTANTS_BASE + (FIRST << 4));
}

// @ts-ignore: decorator
@inline
function storeLanes(slot: i32, lane: u32): void {
  v128.store(<usize>CONSTANTS_BASE + ((<usize>slot) << 4), i16x8.splat(<i16>lane));
}

export function storeConstants(): void {
  storeLanes(TOP_5, 0xf800);
  storeLanes(TOP_9, 0xff80);
  storeLanes(LOW_6, 0x3f);
  storeLanes(LOW_7, 0x7f);
  storeLanes(UPPER_6, 0x3f00);
  storeLanes(UPPER_MARK, 0x8000);
  storeLanes(TWO_MARKS, 0x80c0);
  storeLanes(THREE_MARKS, 0x80e0);
  storeLanes(HIGH_SURROGATE, 0xd800);
  storeLanes(LOW_SURROGATE, 0xdc00);
  storeLanes(THREE_LEAD_MOST, 0xef);
  storeLanes(PLANES, 0x400);
  storeLanes(LOW_SHARE, 0x3c0);
  storeLanes(NIBBLE, 0x0f0f);
  storeLanes(TWO_WANTED, 0x6060);
  storeLanes(THREE_WANTED, 0x7070);
  storeLanes(TOP_BIT, 0x8080);
  storeLanes(TWO_LEAD, 0x4000);
  storeLanes(FOUR_LEAD, 0x7000);
  storeLanes(TOP_6, 0xfc00);
  storeLanes(LOW_10, 0x3ff);
  storeLanes(SHARED, 0xc00);
  storeLanes(PLANE, 0x40);
  storeLanes(FIRST, 0xffff);
  storeFaults(<usize>CONSTANTS_BASE + (FAULTS << 4));
}
